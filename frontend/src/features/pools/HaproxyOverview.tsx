import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { CARDS_MAX, type Overview, useFailover, usePoolDns, useStrips } from "../../api/pool";
import { useLack } from "../../api/session";
import { useLive } from "../../api/stream/live";
import { ProblemNote } from "../../ui/ProblemNote";
import { ManyMembers } from "./cards/ManyMembers";
import { MemberCard } from "./cards/MemberCard";
import cards from "./cards/MemberCard.module.css";
import { CutDialog } from "./cut/CutDialog";
import { Hero } from "./hero/Hero";
import { HaproxyKpis } from "./kpis/HaproxyKpis";
import { ActiveLoad } from "./lower/ActiveLoad";
import lower from "./lower/lower.module.css";
import { PoolJobs } from "./lower/PoolJobs";
import { Notices } from "./Notices";
import c from "./Overview.module.css";
import { activeOf, lineup } from "./rules/lineup";
import { splitOf, useLiveHealth } from "./rules/liveHealth";
import { SetupChecklist } from "./setup/SetupChecklist";

/** Three answers first, then the members one by one, then what runs. */
export function HaproxyOverview({ overview }: { overview: Overview }) {
  const { pool, members } = overview;
  const failover = useFailover(pool.id);
  const dns = usePoolDns(pool.id);
  const lack = useLack("operator");
  const { stale } = useLive();
  const health = useLiveHealth(members);
  useStrips(pool.id, members.length);
  const places = useMemo(() => lineup(members, failover.data), [members, failover.data]);
  const active = activeOf(places);
  const why = lack ?? (stale ? "The page is not up to date: wait until it is live again." : null);
  return (
    <>
      {failover.data && <Notices poolId={pool.id} failover={failover.data} />}
      {failover.error && failover.data === undefined && <ProblemNote problem={failover.error} />}
      <SetupChecklist poolId={pool.id} />
      <Hero overview={overview} places={places} failover={failover.data} dns={dns.data} stale={stale} />
      <HaproxyKpis overview={overview} places={places} health={health} failover={failover.data} stale={stale} />
      {members.length > CARDS_MAX && <ManyMembers poolId={pool.id} split={splitOf(health)} members={members.length} />}
      {members.length > 0 && members.length <= CARDS_MAX && (
        <>
          <div className={c["head"]}>
            <h2>Members</h2>
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              renderRoot={(props) => <Link {...props} to="/pools/$pool/members" params={{ pool: pool.id }} />}
            >
              All members
            </Button>
          </div>
          <div className={cards["cards"]}>
            {places.map((place) => (
              <MemberCard
                key={place.member.id}
                place={place}
                recoverySec={overview.recoverySec}
                dns={dns.data}
                activeSince={failover.data?.activeSince ?? pool.activeSince}
                why={why}
                stale={stale}
              />
            ))}
          </div>
        </>
      )}
      {members.length > 0 && (
        <div className={lower["two"]}>
          <PoolJobs poolId={pool.id} members={members} />
          {active && <ActiveLoad member={active.member} />}
        </div>
      )}
      <CutDialog overview={overview} places={places} failover={failover.data} dns={dns.data} />
    </>
  );
}
