import { useEffect, useState } from "react";
import { isOver, type JobDetail } from "../../api/jobs";
import { long } from "../../lib/duration";
import { JOB_WORDS, JobBar, JobIcon } from "../../ui/JobStatus";
import { Ago } from "../../ui/time/Moment";
import { useNow } from "../../ui/time/now";
import { leftWords, type Sample, secondsLeft } from "./eta";
import { JobDecision } from "./JobDecision";
import c from "./JobPage.module.css";
import { fixFor, lastLines, standing, tookSec } from "./jobWords";

/** How it stands in one look: progress while it runs, and when it failed the step, the last lines and the fix. */
export function JobOutcome({ job, title }: { job: JobDetail; title: string }) {
  const now = useNow();
  const took = tookSec(job, now);
  const why = standing(job);
  const fix = fixFor(job);
  const tail = job.status === "failed" || job.status === "timed_out" ? lastLines(job.log) : "";
  const { tone, word } = JOB_WORDS[job.status];
  return (
    <section className={c["outcome"]} data-tone={tone} aria-label="State">
      <div className={c["line"]}>
        <JobIcon status={job.status} />
        <strong>{headline(job, word)}</strong>
        <span className={`${c["side"]} num`}>
          {job.status === "running" && job.percent !== null && `${Math.floor(job.percent)}% · `}
          {took !== null && (isOver(job) ? `took ${long(took)}` : `for ${long(took)}`)}
          {job.status === "running" && <Left job={job} elapsedSec={took ?? 0} />}
          {job.status === "pending" && (
            <>
              ordered <Ago at={job.createdAt} />
            </>
          )}
        </span>
      </div>
      {job.status === "running" && <JobBar percent={job.percent} label={`${title}: progress`} />}
      {why && <p className={c["quiet"]}>{why}</p>}
      {job.notBefore !== null && job.status === "pending" && (
        <p className={c["quiet"]}>
          Next try <Ago at={job.notBefore} />.
        </p>
      )}
      {job.error && job.status !== "completed" && <p>{job.error}</p>}
      {job.step && isOver(job) && job.status !== "completed" && <p>It ended in the step: {job.step}</p>}
      {tail && (
        <div>
          <p className={c["quiet"]}>Last lines of the log:</p>
          <pre className={c["tail"]}>{tail}</pre>
        </div>
      )}
      {fix && <p>{fix}</p>}
      {(job.status === "unknown" || job.status === "held") && <JobDecision job={job} title={title} />}
    </section>
  );
}

function headline(job: JobDetail, word: string): string {
  if (job.status === "running") return job.cancelRequested ? "Being cancelled" : (job.step ?? "Running");
  if (job.status === "failed" && job.exitCode !== null) return `${word} with exit code ${job.exitCode}`;
  return word;
}

/** What is left, as a range; nothing while nobody can know. */
function Left({ job, elapsedSec }: { job: JobDetail; elapsedSec: number }) {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const { percent } = job;
  const due = Math.floor(elapsedSec / 2);
  useEffect(() => {
    if (percent !== null) setSamples((known) => [...known.slice(-60), { atSec: due * 2, percent }]);
  }, [percent, due]);
  const left = job.cancelRequested ? null : secondsLeft(samples);
  return left ? <> · {leftWords(left)}</> : null;
}
