import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { useCommands } from "../../api/commands";
import type { Job } from "../../api/jobs";
import { short } from "../../lib/duration";
import { JobBar, JobPill } from "../../ui/JobStatus";
import { Section } from "../../ui/Section";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Ago } from "../../ui/time/Moment";
import { type JobFilter, jobsQuery, usePoolNames } from "./jobQueries";
import c from "./jobs.module.css";
import { tookSec } from "./jobWords";
import { MemberName, PoolName } from "./Names";

interface Props {
  filter: JobFilter;
  label: string;
  empty: ReactNode;
  /** On a member's own page the columns about where it runs are left out. */
  ofMember?: boolean;
  /** Jobs that are shown above already. */
  without?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Jobs newest first; older ones follow on request. */
export function JobsTable({ filter, label, empty, ofMember = false, without = NONE }: Props) {
  const query = useInfiniteQuery(jobsQuery(filter));
  const { titleOf } = useCommands();
  const pools = usePoolNames();
  const columns = useMemo(() => columnsFor(titleOf, pools, ofMember), [titleOf, pools, ofMember]);
  return (
    <Section query={query}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items).filter((job) => !without.has(job.id));
        return (
          <>
            <DataTable rows={rows} columns={columns} rowKey={(job) => job.id} label={label} empty={empty} />
            {query.hasNextPage && (
              <div className={c["more"]}>
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Show older jobs
                </Button>
              </div>
            )}
          </>
        );
      }}
    </Section>
  );
}

function columnsFor(
  titleOf: (id: string) => string,
  pools: ReadonlyMap<string, string>,
  ofMember: boolean,
): Column<Job>[] {
  const where: Column<Job>[] = [
    {
      id: "member",
      header: "Runs on",
      track: "minmax(120px, 1.3fr)",
      cell: (job) => <MemberName pool={job.poolId} member={job.memberId} />,
    },
    {
      id: "pool",
      header: "Pool",
      track: "minmax(110px, 1fr)",
      phone: "none",
      cell: (job) => <PoolName id={job.poolId} names={pools} />,
    },
  ];
  return [
    {
      id: "job",
      header: "Job",
      track: "minmax(190px, 2fr)",
      phone: "title",
      cell: (job) => <Title job={job} title={titleOf(job.command)} />,
    },
    { id: "status", header: "State", track: "150px", cell: (job) => <JobPill status={job.status} /> },
    ...(ofMember ? [] : where),
    {
      id: "by",
      header: "Ordered by",
      track: "minmax(120px, 1.2fr)",
      phone: "none",
      cell: (job) => (
        <span className={c["by"]} title={job.requestedBy.name}>
          {job.requestedBy.name}
        </span>
      ),
    },
    { id: "ordered", header: "Ordered", track: "100px", cell: (job) => <Ago at={job.createdAt} /> },
    { id: "took", header: "Took", track: "76px", align: "right", cell: (job) => took(job) },
  ];
}

function Title({ job, title }: { job: Job; title: string }) {
  return (
    <div className={c["job"]}>
      <Link to="/jobs/$job" params={{ job: job.id }} className={c["title"]}>
        {title}
      </Link>
      {job.status === "running" && (
        <>
          {job.step && <span className={c["note"]}>{job.step}</span>}
          <JobBar percent={job.percent} label={`${title}: progress`} />
        </>
      )}
      {job.error && job.status !== "completed" && <span className={c["note"]}>{job.error}</span>}
    </div>
  );
}

function took(job: Job): string {
  if (job.endedAt === null) return "";
  const seconds = tookSec(job, 0);
  return seconds === null ? "–" : short(seconds);
}
