import type { Command } from "../api/commands";
import type { Job, JobDetail } from "../api/jobs";

/** A job as the server gives it; tests name what matters to them. */
export const aJob = (given: Partial<Job> = {}): Job => ({
  id: "0192f0aa-0000-7000-8000-000000000001",
  poolId: "0192f0aa-0000-7000-8000-0000000000aa",
  memberId: "0192f0aa-0000-7000-8000-0000000000bb",
  command: "haproxy.reload",
  params: {},
  status: "completed",
  danger: "change",
  runsOn: "agent",
  stopsHaproxy: false,
  idempotent: true,
  timeoutSec: 120,
  attempt: 1,
  cancelRequested: false,
  percent: null,
  step: null,
  error: null,
  exitCode: null,
  result: null,
  logSizeBytes: 0,
  requestedBy: { kind: "user", id: null, name: "ada@example.com" },
  createdAt: "2026-11-25T18:00:00+00:00",
  startedAt: "2026-11-25T18:00:01+00:00",
  endedAt: "2026-11-25T18:00:04+00:00",
  notBefore: null,
  ...given,
});

export const aJobDetail = (given: Partial<JobDetail> = {}): JobDetail => ({
  ...aJob(given),
  log: "",
  attempts: [],
  evidence: [],
  ...given,
});

export const aCommand = (given: Partial<Command> = {}): Command => ({
  id: "haproxy.reload",
  title: "Reload HAProxy",
  description: "Checks the configuration, then reloads. An invalid one changes nothing.",
  params: {},
  applies: { stack: "haproxy" },
  danger: "change",
  timeoutSec: 120,
  idempotent: true,
  stopsHaproxy: false,
  runsOn: "agent",
  ...given,
});
