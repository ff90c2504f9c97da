import { useQuery } from "@tanstack/react-query";
import { beats } from "../../../api/beats";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Overview } from "../../../api/pool";
import { beatAgeSec } from "../../../lib/beatAge";
import { short } from "../../../lib/duration";
import { count } from "../../../lib/numbers";
import { Kpi, KpiRow } from "../../../ui/Kpi";
import { useNow } from "../../../ui/time/now";
import { type HealthById, splitOf, splitWords } from "../rules/liveHealth";

const RUNNING_MAX = 200;

/** Are the agents reporting, and what runs. */
export function GenericKpis({ overview, health, stale }: { overview: Overview; health: HealthById; stale: boolean }) {
  const { pool, members, agentLatestVersion } = overview;
  const split = splitOf(health);
  const outdated = members.filter((member) => member.agentOutdated).length;
  const running = useQuery({
    queryKey: [...keys.jobs, "running-of-pool", pool.id],
    queryFn: () =>
      take(api.GET("/api/jobs", { params: { query: { poolId: pool.id, status: "running", limit: RUNNING_MAX } } })),
    refetchInterval: 10_000,
  }).data;
  return (
    <KpiRow>
      <Kpi label="Members" value={count(members.length)} note={splitWords(split)} />
      <Kpi
        label="Healthy agents"
        value={count(split.ok)}
        unit={`of ${count(members.length)}`}
        note="Heard within two heartbeats"
        dim={stale}
      />
      <LastCheckIn overview={overview} stale={stale} />
      <Kpi
        label="Running jobs"
        value={running === undefined ? "–" : `${running.items.length}${running.nextCursor ? "+" : ""}`}
        note={running?.items.length === 0 ? "Nothing runs now" : "In this pool"}
        dim={running === undefined}
      />
      <Kpi
        label="Outdated agents"
        value={count(outdated)}
        note={
          agentLatestVersion === 0
            ? "No built agent on this server"
            : outdated === 0
              ? `All run version ${agentLatestVersion}`
              : `Older than version ${agentLatestVersion}`
        }
      />
    </KpiRow>
  );
}

function LastCheckIn({ overview, stale }: { overview: Overview; stale: boolean }) {
  useNow();
  let youngest: number | null = null;
  let name = "";
  for (const member of overview.members) {
    const age = beatAgeSec(beats.get(member.id).heardAt);
    if (age !== null && (youngest === null || age < youngest)) {
      youngest = age;
      name = member.displayName;
    }
  }
  if (youngest === null) return <Kpi label="Last check-in" value="–" note="None was heard" dim />;
  return <Kpi label="Last check-in" value={short(youngest)} unit="ago" note={name} dim={stale} />;
}
