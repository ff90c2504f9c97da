import type { Job, JobDetail } from "../../api/jobs";
import { exact } from "../../lib/duration";

/** How long it took, or takes so far; null before it began. Seconds. */
export function tookSec(job: Pick<Job, "startedAt" | "endedAt">, now: number): number | null {
  if (job.startedAt === null) return null;
  const end = job.endedAt === null ? now : Date.parse(job.endedAt);
  return Math.max(0, (end - Date.parse(job.startedAt)) / 1000);
}

/** Why the job is where it is, in a sentence; null where the state says it all. */
export function standing(job: Job): string | null {
  switch (job.status) {
    case "pending":
      if (job.notBefore !== null && job.attempt > 0) return "It is tried again after a pause.";
      return job.runsOn === "agent"
        ? "It runs on the member's next heartbeat. Closing this page changes nothing."
        : "The control plane runs it in a moment.";
    case "running":
      return job.cancelRequested ? "Its agent was told to stop. How it ends is known once the agent says so." : null;
    case "unknown":
      return "Nobody knows how it ended: the agent or its host went away in the middle. Look at the host, then decide.";
    case "held":
      return "It was open when the control plane was restored from a backup, and may have run since. Look at the host, then decide.";
    default:
      return null;
  }
}

/** What to do about a job that did not end well. */
export function fixFor(job: Job): string | null {
  if (job.status === "timed_out") {
    return `It may take ${exact(job.timeoutSec)} at most. Read the last lines, see what it waited for on the host, then try again.`;
  }
  if (job.status !== "failed") return null;
  if (job.exitCode === 127) return "A program that it needs is not installed on the host. Install it, then try again.";
  return job.idempotent
    ? "Correct what the last lines name, then try again: running it twice does no harm."
    : "Correct what the last lines name. Part of it may have happened: look at the host before you try again.";
}

/** The last lines of what it printed, for the note about a failure. Empty when the whole log is in sight below anyway. */
export function lastLines(log: string, count = 6): string {
  const lines = log.trimEnd().split("\n");
  if (lines.length <= count * 2) return "";
  return lines.slice(-count).join("\n");
}

/** Parameters as they are shown: secret ones never are. */
export function shownParams(job: JobDetail, isSecret: (name: string) => boolean): [name: string, value: string][] {
  return Object.entries(job.params).map(([name, value]) => [
    name,
    isSecret(name) ? "hidden" : typeof value === "string" ? value : JSON.stringify(value),
  ]);
}
