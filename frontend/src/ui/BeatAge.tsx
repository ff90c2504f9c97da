import { beatAgeSec } from "../lib/beatAge";
import { short } from "../lib/duration";
import { useNow } from "./time/now";

/** "0.6 s ago": how old the last heartbeat is, turning over each second. */
export function BeatAge({ heardAt }: { heardAt: number | null }) {
  useNow();
  const age = beatAgeSec(heardAt);
  return <span className="num">{age === null ? "not heard" : `${short(age)} ago`}</span>;
}
