import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../../../api/client";
import { isOver } from "../../../api/jobs";
import { keys } from "../../../api/keys";
import { Card } from "../../../ui/Card";
import { JobRow } from "../../../ui/JobRow";
import { Section } from "../../../ui/Section";
import c from "./panel.module.css";

const SHOWN = 6;

/** The last jobs of this member, with their progress while they run. */
export function RecentActivity({ poolId, memberId }: { poolId: string; memberId: string }) {
  const jobs = useQuery({
    queryKey: [...keys.jobs, "member", memberId, "recent"],
    queryFn: () =>
      take(api.GET("/api/members/{memberId}/jobs", { params: { path: { memberId }, query: { limit: SHOWN } } })),
    refetchInterval: (query) => (query.state.data?.items.some((job) => !isOver(job)) ? 2_000 : 15_000),
  });
  return (
    <Card
      title="Recent activity"
      right={
        <Link
          className={c["more"]}
          to="/pools/$pool/members/$member/cron-jobs"
          params={{ pool: poolId, member: memberId }}
        >
          All jobs
        </Link>
      }
    >
      <Section
        query={jobs}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <p className={c["about"]}>Nothing was ordered for this member yet. The quick actions order something.</p>
        }
      >
        {(page) => (
          <div>
            {page.items.map((job) => (
              <JobRow key={job.id} job={job} />
            ))}
          </div>
        )}
      </Section>
    </Card>
  );
}
