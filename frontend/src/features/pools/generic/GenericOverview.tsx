import { Button } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Overview, useFailover, usePoolDns, useStrips } from "../../../api/pool";
import { useLive } from "../../../api/stream/live";
import { Card } from "../../../ui/Card";
import { Empty } from "../../../ui/Empty";
import { MemberMap } from "../../../ui/map/MemberMap";
import { CutDialog } from "../cut/CutDialog";
import { Hero } from "../hero/Hero";
import { PoolJobs } from "../lower/PoolJobs";
import { Notices } from "../Notices";
import { lineup } from "../rules/lineup";
import { useLiveHealth } from "../rules/liveHealth";
import type { PoolSearch } from "../search";
import { SetupChecklist } from "../setup/SetupChecklist";
import { GenericKpis } from "./GenericKpis";
import c from "./generic.module.css";
import { ServerTiles } from "./ServerTiles";
import { UpdateAgents } from "./UpdateAgents";

/** Are the agents reporting, where do the servers stand, and what runs on them. Works without any DNS. */
export function GenericOverview({ overview }: { overview: Overview }) {
  const { pool, members } = overview;
  const { update } = useSearch({ strict: false }) as PoolSearch;
  const { stale } = useLive();
  const failover = useFailover(pool.id).data;
  const dns = usePoolDns(pool.id).data;
  const health = useLiveHealth(members);
  useStrips(pool.id, members.length);
  const places = useMemo(() => lineup(members, failover), [members, failover]);
  const marks = useMemo(
    () => members.map((member) => ({ ...member, tone: health.get(member.id)?.tone ?? "idle" })),
    [members, health],
  );
  return (
    <>
      {failover && <Notices poolId={pool.id} failover={failover} />}
      <SetupChecklist poolId={pool.id} />
      {dns && <Hero overview={overview} places={places} failover={failover} dns={dns} stale={stale} />}
      <GenericKpis overview={overview} health={health} stale={stale} />
      {members.length === 0 ? (
        <Card>
          <Empty
            action={
              <Button
                renderRoot={(props) => (
                  <Link {...props} to="/pools/$pool" params={{ pool: pool.id }} search={{ add: true }} />
                )}
              >
                Add server
              </Button>
            }
          >
            This pool has no servers yet. Add one and run the command that is shown on it.
          </Empty>
        </Card>
      ) : (
        <>
          <ServerTiles overview={overview} health={health} stale={stale} />
          <div className={c["two"]}>
            <PoolJobs poolId={pool.id} members={members} />
            <Card title="Where they stand">
              <MemberMap members={marks} />
            </Card>
          </div>
        </>
      )}
      <UpdateAgents overview={overview} opened={update === true} />
      <CutDialog overview={overview} places={places} failover={failover} dns={dns} />
    </>
  );
}
