import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "./client";
import { keys } from "./keys";
import { type PoolMember, useOverview } from "./pool";

export type Member = Wire<"MemberOut">;
export type History = Wire<"HistoryOut">;
export type Resolution = "1s" | "10s" | "5m";

export const memberQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...keys.member(memberId), "one"],
    queryFn: () => take(api.GET("/api/members/{memberId}", { params: { path: { memberId } } })),
  });

/** A member with the numbers of its pool's overview; undefined until they are here, or when it is not in the pool. */
export function usePoolMember(poolId: string, memberId: string): PoolMember | undefined {
  return useOverview(poolId).data?.members.find((member) => member.id === memberId);
}

const REFRESH_MS: Record<Resolution, number> = { "1s": 5_000, "10s": 10_000, "5m": 300_000 };

/** Samples of CPU, memory, fullest disk, load and sessions: 1 s for 10 min, 10 s for 6 h, 5 min for 30 d. */
export const useHistory = (memberId: string, resolution: Resolution) =>
  useQuery({
    queryKey: [...keys.member(memberId), "history", resolution],
    queryFn: () =>
      take(api.GET("/api/members/{memberId}/history", { params: { path: { memberId }, query: { resolution } } })),
    refetchInterval: REFRESH_MS[resolution],
    staleTime: REFRESH_MS[resolution] / 2,
  });

export type Column = "cpuPct" | "memoryPct" | "diskPct" | "load" | "sessions";

/**
 * One column on an even grid that ends at `to`: places without a sample are null, so that silence is a gap and never
 * a straight line. Times are seconds since 1970.
 */
export function seriesOf(
  history: History,
  column: Column,
  { to, spanSec, points }: { to: number; spanSec: number; points: number },
): (number | null)[] {
  const place = history.columns.indexOf(column);
  const at = history.columns.indexOf("at");
  const cell = spanSec / points;
  const sums = new Array<number>(points).fill(0);
  const counts = new Array<number>(points).fill(0);
  for (const row of history.rows) {
    const when = row[at];
    const value = row[place];
    if (typeof when !== "number" || typeof value !== "number") continue;
    const slot = Math.floor((when - (to - spanSec)) / cell);
    if (slot < 0 || slot >= points) continue;
    sums[slot] = (sums[slot] ?? 0) + value;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return sums.map((sum, slot) => (counts[slot] ? sum / (counts[slot] ?? 1) : null));
}

/** The highest known value of a column since a moment. */
export function peakOf(history: History, column: Column, since: number): number | null {
  const place = history.columns.indexOf(column);
  const at = history.columns.indexOf("at");
  let peak: number | null = null;
  for (const row of history.rows) {
    const when = row[at];
    const value = row[place];
    if (typeof when === "number" && when >= since && typeof value === "number" && (peak === null || value > peak)) {
      peak = value;
    }
  }
  return peak;
}
