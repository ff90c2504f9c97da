import { Pill } from "../../ui/Pill";
import type { Delivery } from "./channelQueries";
import { deliveryWord } from "./topicWords";

export function DeliveryPill({ delivery }: { delivery: Pick<Delivery, "status" | "attempts"> }) {
  const { tone, word } = deliveryWord(delivery.status);
  const again = delivery.status === "waiting" && delivery.attempts > 0;
  return <Pill tone={again ? "late" : tone}>{again ? "Tried, waits" : word}</Pill>;
}
