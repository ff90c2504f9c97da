import { Button } from "@mantine/core";
import { IconArrowsExchange, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type Overview, useFailover, usePoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { useLive } from "../../api/stream/live";
import { exact } from "../../lib/duration";
import { plural } from "../../lib/numbers";
import { PageHeader } from "../../ui/PageHeader";
import { WhyButton } from "../../ui/WhyButton";

/** The head of a pool's pages. What it can do now, and why not when it cannot. */
export function PoolHead({ overview }: { overview: Overview }) {
  const { pool, members } = overview;
  const failover = useFailover(pool.id).data;
  const dns = usePoolDns(pool.id).data;
  const lack = useLack("operator");
  const { stale } = useLive();
  const haproxy = pool.template === "haproxy";
  return (
    <PageHeader
      title={pool.name}
      facts={
        <>
          <span>{haproxy ? "HAProxy pool" : "Generic Linux pool"}</span>
          <span>{plural(members.length, "member")}</span>
          {failover && <span>{failoverWords(failover)}</span>}
        </>
      }
      actions={
        <>
          <WhyButton
            why={lack}
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            link={(props) => <Link {...props} to="/pools/$pool" params={{ pool: pool.id }} search={{ add: true }} />}
          >
            {haproxy ? "Add member" : "Add server"}
          </WhyButton>
          {haproxy && (
            <WhyButton
              why={lack ?? whyNoCut(members.length, dns === null, stale)}
              leftSection={<IconArrowsExchange size={16} aria-hidden />}
              link={(props) => (
                <Link {...props} to="/pools/$pool" params={{ pool: pool.id }} search={{ cut: "next" }} />
              )}
            >
              Cut DNS to standby
            </WhyButton>
          )}
          {!haproxy && (
            <Button variant="default" component={Link} to={`/pools/${pool.id}/settings`}>
              Pool settings
            </Button>
          )}
        </>
      }
    />
  );
}

function failoverWords(failover: { auto: boolean; recoverySec: number; maintenance: { paused: boolean } }): string {
  if (failover.maintenance.paused) return "Automatic failover paused";
  return failover.auto ? `Automatic failover on, ${exact(failover.recoverySec)}` : "Automatic failover off";
}

function whyNoCut(members: number, noDns: boolean, stale: boolean): string | null {
  if (members < 2) return "There is no standby: add a second member first.";
  if (noDns) return "No DNS is connected: set it up in Managed DNS first.";
  if (stale) return "The page is not up to date: wait until it is live again.";
  return null;
}
