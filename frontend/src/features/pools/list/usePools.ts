import { useQuery } from "@tanstack/react-query";
import { api, take, takeAll, type Wire } from "../../../api/client";
import { keys } from "../../../api/keys";

export type Pool = Wire<"PoolOut">;

const PAGE = 200;

/** All pools of the account with their health. */
export const usePools = () =>
  useQuery({
    queryKey: [...keys.pools, "list", "all"],
    queryFn: () =>
      takeAll((cursor) =>
        take(api.GET("/api/pools", { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } })),
      ),
    refetchInterval: 15_000,
  });

/** The latest moves of all pools, newest first. */
export const useRecentEvents = (limit = 100) =>
  useQuery({
    queryKey: [...keys.failoverEvents, "recent", limit],
    queryFn: async () => (await take(api.GET("/api/failover/events", { params: { query: { limit } } }))).items,
  });
