import { queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "./client";
import { keys } from "./keys";

export type Workflow = Wire<"WorkflowOut">;
export type WorkflowStep = Wire<"WorkflowStepOut">;
export type WorkflowAct = "cancel" | "retry" | "undo";

const OVER: ReadonlySet<Workflow["state"]> = new Set(["completed", "failed", "cancelled", "undone"]);

export const isWorkflowOver = (flow: Pick<Workflow, "state">): boolean => OVER.has(flow.state);

/** News of the stream refresh it; the slow look beside them helps when the stream is cut off. */
export const workflowQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.workflows, id],
    queryFn: () => take(api.GET("/api/workflows/{workflowId}", { params: { path: { workflowId: id } } })),
    refetchInterval: (query) => (query.state.data && isWorkflowOver(query.state.data) ? false : 10_000),
  });

export function actOnWorkflow(id: string, act: WorkflowAct): Promise<Workflow> {
  const where = { params: { path: { workflowId: id } } };
  if (act === "cancel") return take(api.POST("/api/workflows/{workflowId}/cancel", where));
  if (act === "retry") return take(api.POST("/api/workflows/{workflowId}/retry", where));
  return take(api.POST("/api/workflows/{workflowId}/undo", where));
}
