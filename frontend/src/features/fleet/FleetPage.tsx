import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useAttention } from "../../api/attention";
import { useLive } from "../../api/stream/live";
import { AttentionList } from "../../ui/AttentionList";
import { Card } from "../../ui/Card";
import { MemberMap } from "../../ui/map/MemberMap";
import { PageHeader } from "../../ui/PageHeader";
import { ToneIcon } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { Failovers } from "./Failovers";
import c from "./fleet.module.css";
import { RunningJobs } from "./RunningJobs";
import { StateTiles } from "./StateTiles";
import { useFleetPools, useLocated } from "./useFleet";
import { fleetSplit, fleetVerdict } from "./verdict";

const ATTENTION_MAX = 8;

/** Everything that is watched on one screen: something to put on the wall. */
export function FleetPage() {
  const pools = useFleetPools();
  const attention = useAttention();
  const located = useLocated();
  const { stale } = useLive();
  const names = useMemo(() => new Map(located.data?.map((member) => [member.id, member.displayName])), [located.data]);
  const verdict = pools.data && attention.data ? fleetVerdict(pools.data, attention.data) : null;
  return (
    <>
      <PageHeader title="Fleet" />
      <Section query={pools}>
        {(all) => (
          <>
            <div className={c["verdict"]} data-tone={verdict?.tone ?? "idle"} data-stale={stale}>
              {verdict ? (
                <>
                  <ToneIcon tone={verdict.tone} size={30} />
                  <div>
                    <p className={c["verdictText"]}>{verdict.text}</p>
                    <p className={c["verdictDetail"]}>{verdict.detail}</p>
                  </div>
                  {all.length === 0 && (
                    <Button renderRoot={(props) => <Link {...props} to="/pools" search={{ new: true }} />}>
                      Add pool
                    </Button>
                  )}
                </>
              ) : (
                <p className={c["verdictText"]}>The fleet is being read</p>
              )}
            </div>
            <StateTiles split={fleetSplit(all)} pools={all.length} stale={stale} />
          </>
        )}
      </Section>
      <div className={c["grid"]}>
        <div className={`${c["column"]} ${c["second"]}`}>
          <Card
            title="Needs attention"
            right={
              <Button
                size="compact-xs"
                variant="subtle"
                color="gray"
                renderRoot={(props) => <Link {...props} to="/alerts" />}
              >
                All alerts
              </Button>
            }
          >
            <Section
              query={attention}
              isEmpty={(data) => data.items.length === 0}
              empty={<p className={c["quiet"]}>Nothing wants a look.</p>}
            >
              {(data) => (
                <>
                  <AttentionList items={data.items.slice(0, ATTENTION_MAX)} label="Needs attention" />
                  {data.items.length > ATTENTION_MAX && (
                    <p className={c["more"]}>
                      <Link to="/alerts">
                        {data.items.length - ATTENTION_MAX}
                        {data.more ? " and more" : ""} more in Alerts
                      </Link>
                    </p>
                  )}
                </>
              )}
            </Section>
          </Card>
          <RunningJobs names={names} />
        </div>
        <div className={c["column"]}>
          <Card title="Where members stand">
            <Section query={located}>{(members) => <MemberMap members={members} />}</Section>
          </Card>
          <Failovers />
        </div>
      </div>
    </>
  );
}
