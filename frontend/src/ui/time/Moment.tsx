import { Tooltip } from "@mantine/core";
import { short } from "../../lib/duration";
import { clockText, dayText, momentText, zoneName } from "./format";
import { useNow } from "./now";
import { useZone } from "./zone";

/** An absolute time in the chosen zone, which is always printed. `clock` shows the time of day alone. */
export function Moment({ at, as = "moment" }: { at: string | number; as?: "moment" | "clock" | "day" }) {
  const zone = useZone();
  const when = typeof at === "number" ? at : Date.parse(at);
  const text = as === "clock" ? clockText(when, zone) : as === "day" ? dayText(when, zone) : momentText(when, zone);
  return (
    <time dateTime={new Date(when).toISOString()} title={`${momentText(when, zone)} ${zoneName(when, zone)}`}>
      {text}
      {as !== "day" && <span style={{ color: "var(--ink-3)" }}> {zoneName(when, zone)}</span>}
    </time>
  );
}

/** "18 d ago", with the exact time on hover and on focus. Times that lie ahead read "in 12 min". */
export function Ago({ at }: { at: string | number }) {
  const zone = useZone();
  const now = useNow();
  const when = typeof at === "number" ? at : Date.parse(at);
  const seconds = (now - when) / 1000;
  const text =
    seconds < -1
      ? `in ${short(-seconds)}`
      : seconds < 1
        ? "now"
        : `${seconds < 10 ? `${Math.floor(seconds)} s` : short(seconds)} ago`;
  return (
    <Tooltip label={`${momentText(when, zone)} ${zoneName(when, zone)}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the exact time is reachable by keyboard too */}
      <time dateTime={new Date(when).toISOString()} tabIndex={0}>
        {text}
      </time>
    </Tooltip>
  );
}
