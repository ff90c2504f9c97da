import { useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";

export type FailoverEvent = Wire<"EventDetailOut">;

/** The pool's latest move with its evidence; null when it was never moved. */
export function useLastEvent(poolId: string, enabled = true) {
  return useQuery({
    queryKey: [...keys.pool(poolId), "last-event"],
    enabled,
    queryFn: async (): Promise<FailoverEvent | null> => {
      const page = await take(
        api.GET("/api/pools/{poolId}/failover/events", { params: { path: { poolId }, query: { limit: 1 } } }),
      );
      const last = page.items[0];
      return last ? readEvent(poolId, last.id) : null;
    },
  });
}

export const readEvent = (poolId: string, failoverEventId: string): Promise<FailoverEvent> =>
  take(
    api.GET("/api/pools/{poolId}/failover/events/{failoverEventId}", { params: { path: { poolId, failoverEventId } } }),
  );
