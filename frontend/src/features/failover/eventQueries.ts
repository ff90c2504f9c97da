import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";

export type FailoverEvent = Wire<"EventOut">;
export type Incident = Wire<"IncidentOut">;

export const isMoving = (event: Pick<FailoverEvent, "state">): boolean =>
  event.state === "deciding" || event.state === "switching";

export const eventsQuery = (poolId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.pool(poolId), "events"],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/pools/{poolId}/failover/events", {
          params: { path: { poolId }, query: { limit: 30, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some(isMoving)) ? 2_000 : 30_000),
  });

/** Everything around one move. While it is still under way, or mails may still follow, it is asked again. */
export const incidentQuery = (poolId: string, eventId: string) =>
  queryOptions({
    queryKey: [...keys.pool(poolId), "events", eventId, "incident"],
    queryFn: () =>
      take(
        api.GET("/api/pools/{poolId}/failover/events/{failoverEventId}/incident", {
          params: { path: { poolId, failoverEventId: eventId } },
        }),
      ),
    refetchInterval: ({ state }) => (state.data === undefined || isMoving(state.data) ? 1_000 : 15_000),
  });
