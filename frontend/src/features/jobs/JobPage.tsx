import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useCommands } from "../../api/commands";
import type { JobDetail } from "../../api/jobs";
import { asProblem } from "../../api/problem";
import { announce } from "../../ui/announce";
import { Empty } from "../../ui/Empty";
import { JOB_WORDS, JobPill } from "../../ui/JobStatus";
import { PageHeader } from "../../ui/PageHeader";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import { JobActions } from "./JobActions";
import { JobLog } from "./JobLog";
import { JobOutcome } from "./JobOutcome";
import c from "./JobPage.module.css";
import { JobStory } from "./JobStory";
import { jobQuery, usePoolNames } from "./jobQueries";
import { MemberName, PoolName } from "./Names";
import { StopNote } from "./StopSwitch";

/** One job from order to end. Closing the page changes nothing: it goes on, and is found here again. */
export function JobPage() {
  const { job = "" } = useParams({ strict: false });
  const query = useQuery(jobQuery(job));
  if (query.data === undefined && query.error && asProblem(query.error).status === 404) {
    return (
      <>
        <PageHeader title="Job" />
        <Empty action={<Link to="/jobs">All jobs</Link>}>
          There is no such job. It may be older than what is kept, or its member was removed.
        </Empty>
      </>
    );
  }
  return <Section query={query}>{(data) => <Shown key={data.id} job={data} />}</Section>;
}

function Shown({ job }: { job: JobDetail }) {
  const { titleOf } = useCommands();
  const pools = usePoolNames();
  const title = titleOf(job.command);
  useSpoken(job, title);
  return (
    <>
      <PageHeader
        title={title}
        badges={<JobPill status={job.status} />}
        facts={
          <>
            <span>
              On <MemberName pool={job.poolId} member={job.memberId} />
            </span>
            <span>
              Pool <PoolName id={job.poolId} names={pools} />
            </span>
            <span className="wrap">By {job.requestedBy.name}</span>
            <span>
              Ordered <Ago at={job.createdAt} />
            </span>
          </>
        }
        actions={<JobActions job={job} title={title} />}
      />
      <StopNote />
      <div className={c["page"]}>
        <JobOutcome job={job} title={title} />
        <JobLog job={job} />
        <JobStory job={job} />
      </div>
    </>
  );
}

/** A change of state is said once, also to people who do not see the page. */
function useSpoken(job: JobDetail, title: string): void {
  const before = useRef(job.status);
  useEffect(() => {
    if (before.current !== job.status) announce(`${title}: ${JOB_WORDS[job.status].word}`);
    before.current = job.status;
  }, [job.status, title]);
}
