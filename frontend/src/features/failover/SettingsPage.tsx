import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useFailover, useOverview } from "../../api/pool";
import { Section } from "../../ui/Section";
import { DangerZone } from "./DangerZone";
import { FailoverForm } from "./FailoverForm";
import { FailoverOrder } from "./FailoverOrder";
import { Maintenance } from "./Maintenance";
import { PoolNameCard, PoolTemplateCard, ProvidersCard } from "./PoolCards";
import c from "./SettingsPage.module.css";
import { deadList, failoverSearch } from "./search";
import { WhatIf } from "./WhatIf";

/** The pool's settings. Generic pools have no balancer: their failover DNS is on the tab Managed DNS. */
export function SettingsPage() {
  const { pool: poolId = "" } = useParams({ strict: false });
  const search = failoverSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const overview = useOverview(poolId);
  const failover = useFailover(poolId);
  return (
    <Section query={overview}>
      {({ pool, members }) => (
        <div className={c["page"]} data-wide={pool.template === "haproxy"}>
          <div className={c["column"]}>
            {pool.template === "haproxy" && (
              <Section query={failover}>
                {(now) => (
                  <>
                    <FailoverForm poolId={pool.id} now={now} members={members} />
                    <FailoverOrder members={members} />
                    <Maintenance poolId={pool.id} now={now} />
                  </>
                )}
              </Section>
            )}
            <PoolNameCard key={pool.name} pool={pool} />
            <ProvidersCard pool={pool} />
            <PoolTemplateCard pool={pool} />
            <DangerZone pool={pool} members={members.length} />
          </div>
          {pool.template === "haproxy" && (
            <WhatIf
              poolId={pool.id}
              members={members}
              dead={deadList(search)}
              linked={search.whatif === true}
              onChange={(dead) =>
                void navigate({
                  to: "/pools/$pool/settings",
                  params: { pool: pool.id },
                  search: failoverSearch({ ...search, dead: dead.join() }),
                  replace: true,
                })
              }
            />
          )}
        </div>
      )}
    </Section>
  );
}
