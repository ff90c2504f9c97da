import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useBeat } from "../../api/beats";
import { useFacts } from "../../api/facts";
import { usePoolMember } from "../../api/member";
import { useOverview, useStrips } from "../../api/pool";
import { Section } from "../../ui/Section";
import { Certificates } from "./panel/Certificates";
import { HealthStrip } from "./panel/HealthStrip";
import { HistoryCard } from "./panel/HistoryCard";
import { Notices } from "./panel/Notices";
import { Numbers } from "./panel/Numbers";
import c from "./panel/panel.module.css";
import { QuickActions } from "./panel/QuickActions";
import { RecentActivity } from "./panel/RecentActivity";
import { Services } from "./panel/Services";
import { isSilent } from "./panel/standing";
import { type Metric, panelSearch, type Range } from "./search";

/** One member at a glance, and the commands that fit it. */
export function ControlPanelPage() {
  const { pool: poolId = "", member: memberId = "" } = useParams({ strict: false });
  const given = panelSearch(useSearch({ strict: false }));
  const { range = "10min", metric = "cpu", order } = given;
  const navigate = useNavigate();
  const overview = useOverview(poolId).data;
  const member = usePoolMember(poolId, memberId);
  const known = useFacts(memberId);
  const silent = isSilent(useBeat(memberId).state);
  useStrips(poolId, overview?.members.length ?? 0);
  if (overview === undefined || member === undefined) return null;

  const go = (change: { range?: Range; metric?: Metric; order?: string | undefined }) =>
    void navigate({
      to: "/pools/$pool/members/$member/control-panel",
      params: { pool: poolId, member: memberId },
      search: panelSearch({ range: given.range, metric: given.metric, order, ...change }),
      replace: !("order" in change),
      resetScroll: false,
    });
  const facts = known.data?.facts ?? null;
  return (
    <>
      <Notices member={member} known={known.data} />
      <HealthStrip member={member} facts={facts} latestVersion={overview.agentLatestVersion} />
      <Numbers member={member} facts={facts} metric={metric} />
      <div className={c["grid"]}>
        <div className={c["column"]}>
          <HistoryCard
            memberId={memberId}
            metric={metric}
            range={range}
            haproxy={facts?.haproxy != null}
            onChange={go}
          />
          <Section query={known}>
            {({ facts: found }) =>
              found !== null && (
                <>
                  <Services facts={found} silent={silent} />
                  <Certificates certificates={found.certificates} />
                </>
              )
            }
          </Section>
        </div>
        <div className={`${c["column"]} ${c["side"]}`}>
          <QuickActions member={member} facts={facts} open={order} onOpen={(command) => go({ order: command })} />
          <RecentActivity poolId={poolId} memberId={memberId} />
        </div>
      </div>
    </>
  );
}
