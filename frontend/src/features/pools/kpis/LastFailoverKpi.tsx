import { Link } from "@tanstack/react-router";
import { short } from "../../../lib/duration";
import { Kpi } from "../../../ui/Kpi";
import { useNow } from "../../../ui/time/now";
import { eventSplit } from "../rules/eventSplit";
import { useLastEvent } from "../useLastEvent";
import c from "./kpis.module.css";

/** When the pool was moved last, from whom to whom, and how long it took to notice and to switch. */
export function LastFailoverKpi({ poolId }: { poolId: string }) {
  const { data: event, error } = useLastEvent(poolId);
  const now = useNow();
  if (event === undefined)
    return <Kpi label="Last failover" value="–" note={error ? "Could not be read" : "Being read"} dim />;
  if (event === null) return <Kpi label="Last failover" value="Never" note="No member had to take over" />;
  const age = Math.max(0, (now - Date.parse(event.createdAt)) / 1000);
  return (
    <Kpi
      label="Last failover"
      value={age < 1 ? "now" : age < 10 ? `${Math.floor(age)} s` : short(age)}
      unit={age < 1 ? undefined : "ago"}
      note={
        <Link to="/pools/$pool/events/$event" params={{ pool: poolId, event: event.id }} className={c["quiet"]}>
          {event.fromName ? `${event.fromName} to ${event.toName}` : `First to ${event.toName}`}
        </Link>
      }
    >
      <SplitBar {...eventSplit(event)} />
    </Kpi>
  );
}

function SplitBar({ detectSec, switchSec }: ReturnType<typeof eventSplit>) {
  if (switchSec === null) return <span className={c["word"]}>The record does not follow yet</span>;
  const detect = detectSec ?? 0;
  const words =
    detectSec === null
      ? `Ordered by a person; DNS moved in ${short(switchSec)}`
      : `Took ${short(detect + switchSec)}: ${short(detect)} to detect, ${short(switchSec)} to move DNS`;
  return (
    <div className={c["split"]} role="img" aria-label={words} title={words}>
      {detectSec !== null && <i style={{ flex: Math.max(detect, 0.1) }} />}
      <i data-switch style={{ flex: Math.max(switchSec, 0.1) }} />
      <em>{short(detect + switchSec)}</em>
    </div>
  );
}
