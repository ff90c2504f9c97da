import type { Workflow, WorkflowStep } from "../api/workflows";

export const aStep = (given: Partial<WorkflowStep> = {}): WorkflowStep => ({
  key: "check",
  title: "Check the configuration",
  command: "haproxy.config_check",
  memberId: "0192f0aa-0000-7000-8000-0000000000bb",
  note: "",
  state: "waiting",
  jobId: null,
  undoJobId: null,
  undoCommand: null,
  noUndoReason: "",
  result: null,
  error: null,
  startedAt: null,
  endedAt: null,
  ...given,
});

/** A workflow as the server gives it; tests name what matters to them. */
export const aWorkflow = (given: Partial<Workflow> = {}): Workflow => ({
  id: "0192f0aa-0000-7000-8000-0000000000f1",
  kind: "haproxy.apply",
  title: "Apply version 4 to edge-1",
  poolId: "0192f0aa-0000-7000-8000-0000000000aa",
  memberId: "0192f0aa-0000-7000-8000-0000000000bb",
  params: {},
  state: "running",
  error: null,
  requestedBy: { kind: "user", id: null, name: "ada@example.com" },
  createdAt: "2026-11-26T03:00:00+00:00",
  endedAt: null,
  steps: [aStep()],
  canCancel: true,
  canRetry: false,
  canUndo: false,
  ...given,
});
