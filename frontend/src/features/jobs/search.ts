import { compact, oneOf, type RawSearch, text } from "../../lib/search";

export const JOB_STATES = [
  "pending",
  "running",
  "completed",
  "failed",
  "cancelled",
  "timed_out",
  "unknown",
  "held",
] as const;
export type JobState = (typeof JOB_STATES)[number];

export const jobsSearch = (
  raw: RawSearch,
): { status?: JobState; command?: string; pool?: string; member?: string; run?: string } =>
  compact({
    status: oneOf(raw, "status", JOB_STATES),
    command: text(raw, "command", 64),
    pool: text(raw, "pool", 36),
    member: text(raw, "member", 36),
    run: text(raw, "run", 64),
  });
