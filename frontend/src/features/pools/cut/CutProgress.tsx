import { Button, Group, Loader, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keys } from "../../../api/keys";
import { ToneIcon } from "../../../ui/Pill";
import { Section } from "../../../ui/Section";
import { Moment } from "../../../ui/time/Moment";
import type { Tone } from "../../../ui/tones";
import { type FailoverEvent, readEvent } from "../useLastEvent";
import c from "./cut.module.css";

const FOLLOW_MS = 1_000;
const isOpen = (event: FailoverEvent | undefined): boolean =>
  event === undefined || event.state === "switching" || event.state === "deciding";

interface Props {
  poolId: string;
  eventId: string | null;
  onClose: () => void;
}

/** The move as it happens. Closing it changes nothing: the page of the event goes on telling. */
export function CutProgress({ poolId, eventId, onClose }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal
      opened={eventId !== null}
      onClose={onClose}
      title={<strong>How the move goes</strong>}
      size={620}
      fullScreen={phone ?? false}
    >
      {eventId !== null && <Follow poolId={poolId} eventId={eventId} onClose={onClose} />}
    </Modal>
  );
}

function Follow({ poolId, eventId, onClose }: { poolId: string; eventId: string; onClose: () => void }) {
  const query = useQuery({
    queryKey: [...keys.pool(poolId), "events", eventId, "followed"],
    queryFn: () => readEvent(poolId, eventId),
    refetchInterval: ({ state }) => (isOpen(state.data) ? FOLLOW_MS : false),
  });
  return (
    <>
      <Section query={query}>
        {(event) => {
          const [tone, text] = outcome(event);
          return (
            <>
              <p className={c["outcome"]} role="status">
                {isOpen(event) ? <Loader size={18} aria-hidden /> : <ToneIcon tone={tone} />}
                {text}
              </p>
              <ol className={c["timeline"]}>
                {event.timeline.map((entry) => (
                  <li key={`${entry.at} ${entry.kind} ${entry.text}`}>
                    <Moment at={entry.at} as="clock" />
                    <span>{entry.text}</span>
                  </li>
                ))}
              </ol>
            </>
          );
        }}
      </Section>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          Close
        </Button>
        <Button
          renderRoot={(props) => (
            <Link {...props} to="/pools/$pool/events/$event" params={{ pool: poolId, event: eventId }} />
          )}
        >
          Open the event
        </Button>
      </Group>
    </>
  );
}

function outcome(event: FailoverEvent): readonly [Tone, string] {
  if (event.state === "done") return ["ok", `Done: traffic goes to ${event.toName}.`];
  if (event.state === "failed") return ["down", `The record could not be moved to ${event.toName}.`];
  if (event.state === "superseded") return ["late", "The pool was moved again before the record had followed."];
  return ["info", `${event.toName} is the active member now. The record is being changed.`];
}
