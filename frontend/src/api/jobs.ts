import { queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "./client";
import { keys } from "./keys";

export type Job = Wire<"JobOut">;
export type JobDetail = Wire<"JobDetailOut">;
export type JobStatus = Job["status"];

export const ENDED: ReadonlySet<JobStatus> = new Set(["completed", "failed", "cancelled", "timed_out"]);

export const isOver = (job: Pick<Job, "status">): boolean => ENDED.has(job.status);

interface Order {
  command: string;
  params?: Record<string, unknown>;
  /** The hostname or the pool's name, typed: asked for dangerous commands. */
  confirm?: string;
}

/**
 * Order a command. `key` makes it safe to send twice: the second answer is the first job. Take a fresh one
 * (`crypto.randomUUID()`) for each decision of a person, not for each try.
 */
export function orderForMember(memberId: string, order: Order, key: string): Promise<Job> {
  return take(
    api.POST("/api/members/{memberId}/jobs", {
      params: { path: { memberId }, header: { "Idempotency-Key": key } },
      body: { params: {}, ...order },
    }),
  );
}

/** The same for a command that the control plane runs for a pool. */
export function orderForPool(poolId: string, order: Order, key: string): Promise<Job> {
  return take(
    api.POST("/api/pools/{poolId}/jobs", {
      params: { path: { poolId }, header: { "Idempotency-Key": key } },
      body: { params: {}, ...order },
    }),
  );
}

/** One job, followed until it is over. */
export const followedJob = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), "detail"],
    queryFn: () => take(api.GET("/api/jobs/{jobId}", { params: { path: { jobId: id } } })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : 2_000),
  });
