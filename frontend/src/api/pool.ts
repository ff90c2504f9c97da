import { queryOptions, useQuery } from "@tanstack/react-query";
import { beats } from "./beats";
import { api, take, type Wire } from "./client";
import { keys } from "./keys";

export type Overview = Wire<"OverviewOut">;
export type PoolMember = Overview["members"][number];
export type Failover = Wire<"FailoverOut">;
export type Candidate = Failover["decision"]["members"][number];
export type PoolDns = Wire<"PoolDnsOut">;

/** More members than this are shown as a table, without strips of heartbeats. */
export const CARDS_MAX = 60;

async function overview(poolId: string, strip: number): Promise<Overview> {
  const found = await take(api.GET("/api/pools/{poolId}/overview", { params: { path: { poolId }, query: { strip } } }));
  const now = performance.now();
  for (const member of found.members) {
    if (!member.heartbeat) continue;
    const { state, ageSec, haproxyActive, haproxyMonitored, agentVersion } = member.heartbeat;
    const live = member.metrics;
    beats.seed(
      {
        id: member.id,
        state,
        ageSec,
        haproxyActive,
        haproxyMonitored,
        agentVersion,
        ...(live ? { cpuPct: live.cpuPct, memoryPct: live.memoryPct, load: live.load, sessions: live.sessions } : {}),
      },
      member.strip ?? undefined,
      now,
    );
  }
  return found;
}

/** A pool with its members and their latest heartbeats. Beats between two answers arrive in `api/beats`. */
export const overviewQuery = (poolId: string) =>
  queryOptions({
    queryKey: [...keys.pool(poolId), "overview"],
    queryFn: () => overview(poolId, 0),
    staleTime: 10_000,
    refetchInterval: 30_000,
  });

export const useOverview = (poolId: string) => useQuery(overviewQuery(poolId));

/** Fill the strips of heartbeats once, for pools that are shown as cards. */
export function useStrips(poolId: string, members: number): void {
  useQuery({
    queryKey: [...keys.pool(poolId), "strips"],
    queryFn: async () => (await overview(poolId, 60)).members.length,
    enabled: members > 0 && members <= CARDS_MAX,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Settings, holds, readiness of each member with its reasons, and the decision that stands at this moment. */
export const failoverQuery = (poolId: string) =>
  queryOptions({
    queryKey: [...keys.pool(poolId), "failover"],
    queryFn: () => take(api.GET("/api/pools/{poolId}/failover", { params: { path: { poolId } } })),
    // Thousands of candidates with their gates are a heavy answer: events of the stream refresh it at once anyway.
    refetchInterval: (query) => ((query.state.data?.decision.members.length ?? 0) > CARDS_MAX ? 30_000 : 5_000),
  });

export const useFailover = (poolId: string) => useQuery(failoverQuery(poolId));

/** The pool's name in DNS; null while none is connected. */
export const poolDnsQuery = (poolId: string) =>
  queryOptions({
    queryKey: [...keys.pool(poolId), "dns"],
    // The list filtered by the pool, and not the pool's own address: that one answers 404 while there is none, and a
    // browser writes every 404 into its console as an error.
    queryFn: async (): Promise<PoolDns | null> =>
      (await take(api.GET("/api/dns", { params: { query: { poolId } } }))).items[0] ?? null,
    refetchInterval: 30_000,
  });

export const usePoolDns = (poolId: string) => useQuery(poolDnsQuery(poolId));

/** How a heartbeat state and a probe are called and coloured, everywhere. */
export { type HealthWord, healthOf } from "./health";
