import type { Failover, Overview } from "../../../api/pool";
import { exact } from "../../../lib/duration";
import { Kpi, KpiRow, Segments } from "../../../ui/Kpi";
import { type Place, standbysOf } from "../rules/lineup";
import { type HealthById, splitOf, splitWords } from "../rules/liveHealth";
import { LastFailoverKpi } from "./LastFailoverKpi";
import { SlowestBeatKpi } from "./SlowestBeatKpi";

/** More than these and single segments are too thin to tell: the words are enough. */
const SEGMENTS_MAX = 24;

interface Props {
  overview: Overview;
  places: readonly Place[];
  health: HealthById;
  failover: Failover | undefined;
  stale: boolean;
}

export function HaproxyKpis({ overview, places, health, failover, stale }: Props) {
  const split = splitOf(health);
  const standbys = standbysOf(places);
  const ready = standbys.filter((place) => place.ready).length;
  const monitored = overview.members.filter((member) => member.heartbeat?.haproxyMonitored);
  const running = monitored.filter((member) => member.heartbeat?.haproxyActive && heard(health, member.id));
  const few = places.length <= SEGMENTS_MAX;
  return (
    <KpiRow>
      <Kpi label="Healthy members" value={split.ok} unit={`of ${places.length}`} note={splitWords(split)} dim={stale}>
        {few && <Segments tones={[...health.values()].map(({ tone }) => tone).sort(byWeight)} />}
      </Kpi>
      <Kpi
        label="Failover-ready"
        value={ready}
        unit={ready === 1 ? "standby" : "standbys"}
        note={failover ? `Takeover after ${exact(failover.recoverySec)}` : "Being read"}
        dim={stale || failover === undefined}
      >
        {few && <Segments tones={standbys.map((place) => (place.ready ? "active" : "rest"))} />}
      </Kpi>
      <Kpi
        label="HAProxy running"
        value={running.length}
        unit={`of ${monitored.length}`}
        note={probeWords(overview.members.length, monitored.length)}
        dim={stale}
      >
        {few && <Segments tones={monitored.map((member) => (running.includes(member) ? "ok" : "down"))} />}
      </Kpi>
      <SlowestBeatKpi members={overview.members} stale={stale} />
      <LastFailoverKpi poolId={overview.pool.id} />
    </KpiRow>
  );
}

const heard = (health: HealthById, id: string): boolean =>
  health.get(id)?.tone !== "idle" && health.get(id)?.word !== "Down";
const WEIGHT = { ok: 0, late: 1, down: 2, idle: 3 } as const;
const byWeight = (a: keyof typeof WEIGHT, b: keyof typeof WEIGHT): number => WEIGHT[a] - WEIGHT[b];

function probeWords(members: number, monitored: number): string {
  if (members === 0) return "No members yet";
  if (members === monitored) return "Reported by every member";
  return `Not reported by ${members - monitored}`;
}
