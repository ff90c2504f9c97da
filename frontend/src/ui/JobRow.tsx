import { Link } from "@tanstack/react-router";
import { useCommands } from "../api/commands";
import type { Job } from "../api/jobs";
import c from "./JobRow.module.css";
import { JOB_WORDS, JobBar, JobIcon } from "./JobStatus";
import { Ago } from "./time/Moment";

interface Props {
  job: Job;
  /** Where it runs; left out on the page of that member. */
  memberName?: string | undefined;
  /** Instead of the catalogue's title. */
  title?: string | undefined;
}

/** A job in one line: state, title, where, how far, and how long ago. The whole line leads to its page. */
export function JobRow({ job, memberName, title }: Props) {
  const { titleOf } = useCommands();
  const name = title ?? titleOf(job.command);
  const running = job.status === "running";
  return (
    <div className={c["row"]}>
      <JobIcon status={job.status} />
      <div className={c["words"]}>
        <Link to="/jobs/$job" params={{ job: job.id }} className={c["title"]}>
          {name}
        </Link>
        <div className={c["note"]}>
          <span>{JOB_WORDS[job.status].word}</span>
          {memberName !== undefined && <span className="wrap">{memberName}</span>}
          {detail(job)}
        </div>
        {running && <JobBar percent={job.percent} label={`${name}: progress`} />}
      </div>
      <div className={c["side"]}>
        {running && job.percent !== null && <span className="num">{Math.floor(job.percent)}%</span>}
        <span className={c["age"]}>
          <Ago at={job.endedAt ?? job.startedAt ?? job.createdAt} />
        </span>
      </div>
    </div>
  );
}

function detail(job: Job) {
  if (job.status === "running" && job.cancelRequested) return <span>being cancelled</span>;
  if (job.status === "running" && job.step) return <span className="wrap">{job.step}</span>;
  if (job.status === "pending") {
    return <span>{job.runsOn === "agent" ? "runs on the next heartbeat" : "runs in a moment"}</span>;
  }
  if (job.error && job.status !== "completed") return <span className={c["error"]}>{job.error}</span>;
  return null;
}
