import { beats } from "../../../api/beats";
import type { PoolMember } from "../../../api/pool";
import { beatAgeSec } from "../../../lib/beatAge";
import { short } from "../../../lib/duration";
import { BeatStrip } from "../../../ui/BeatStrip";
import { Kpi } from "../../../ui/Kpi";
import { useNow } from "../../../ui/time/now";
import { beatsOf } from "../rules/strip";

/** The oldest heartbeat of the pool: one silent member never hides behind the mean of the others. */
export function SlowestBeatKpi({ members, stale }: { members: readonly PoolMember[]; stale: boolean }) {
  useNow();
  const slowest = slowestOf(members);
  if (slowest === null) {
    return (
      <Kpi label="Slowest heartbeat" value="–" note={members.length === 0 ? "No members yet" : "None was heard"} dim />
    );
  }
  const { member, ageSec, strip } = slowest;
  const shown = beatsOf(strip, 24);
  return (
    <Kpi label="Slowest heartbeat" value={short(ageSec)} unit="ago" note={member.displayName} dim={stale}>
      {strip !== "" && <BeatStrip beats={shown} height={14} label={`The last 24 seconds of ${member.displayName}`} />}
    </Kpi>
  );
}

function slowestOf(members: readonly PoolMember[]): { member: PoolMember; ageSec: number; strip: string } | null {
  let found: { member: PoolMember; ageSec: number; strip: string } | null = null;
  for (const member of members) {
    const { heardAt, strip } = beats.get(member.id);
    const ageSec = beatAgeSec(heardAt);
    if (ageSec !== null && (found === null || ageSec > found.ageSec)) found = { member, ageSec, strip };
  }
  return found;
}
