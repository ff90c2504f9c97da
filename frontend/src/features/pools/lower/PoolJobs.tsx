import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import { Card } from "../../../ui/Card";
import { JobRow } from "../../../ui/JobRow";
import { Section } from "../../../ui/Section";
import c from "./lower.module.css";

const SHOWN = 6;

/** The latest jobs of the pool, running ones with their progress. */
export function PoolJobs({ poolId, members }: { poolId: string; members: readonly PoolMember[] }) {
  const jobs = useQuery({
    queryKey: [...keys.jobs, "of-pool", poolId],
    queryFn: () => take(api.GET("/api/jobs", { params: { query: { poolId, limit: SHOWN } } })),
    refetchInterval: ({ state }) => (state.data?.items.some((job) => job.status === "running") ? 2_000 : 30_000),
  });
  const names = new Map(members.map((member) => [member.id, member.displayName]));
  return (
    <Card
      title="Jobs"
      right={
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          renderRoot={(props) => <Link {...props} to="/jobs" search={{ pool: poolId }} />}
        >
          All jobs
        </Button>
      }
    >
      <Section
        query={jobs}
        isEmpty={(page) => page.items.length === 0}
        empty={<p className={c["quiet"]}>No job has run in this pool yet.</p>}
      >
        {(page) => (
          <div>
            {page.items.map((job) => (
              <JobRow key={job.id} job={job} memberName={job.memberId ? names.get(job.memberId) : "the pool"} />
            ))}
          </div>
        )}
      </Section>
    </Card>
  );
}
