import { infiniteQueryOptions, queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, takeAll } from "../../api/client";
import { isOver, type JobStatus } from "../../api/jobs";
import { keys } from "../../api/keys";

export interface JobFilter {
  status?: JobStatus | undefined;
  command?: string | undefined;
  pool?: string | undefined;
  member?: string | undefined;
}

const PAGE = 50;

const asked = ({ status, command, pool, member }: JobFilter) => ({
  ...(status ? { status } : {}),
  ...(command ? { command } : {}),
  ...(pool ? { poolId: pool } : {}),
  ...(member ? { memberId: member } : {}),
});

/** Newest first, a page at a time. While something on it is open, it is asked again every few seconds. */
export const jobsQuery = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.jobs, "list", asked(filter)],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/jobs", {
          params: { query: { limit: PAGE, ...asked(filter), ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((job) => !isOver(job))) ? 3_000 : false,
  });

/** Jobs in one state: what runs now, or what waits for a person. Not paged: the newest 50 say enough. */
export const jobsInState = (status: JobStatus, filter: JobFilter = {}, enabled = true) =>
  queryOptions({
    queryKey: [...keys.jobs, "state", status, asked(filter)],
    queryFn: async () =>
      (await take(api.GET("/api/jobs", { params: { query: { limit: PAGE, ...asked(filter), status } } }))).items,
    refetchInterval: status === "running" ? 3_000 : 15_000,
    enabled,
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.job(id), "detail"],
    queryFn: () => take(api.GET("/api/jobs/{jobId}", { params: { path: { jobId: id } } })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : 2_000),
  });

export const stopQuery = queryOptions({
  queryKey: [...keys.jobs, "stop"],
  queryFn: () => take(api.GET("/api/jobs/stop")),
});

/** Pools by id, for lists across pools. */
export function usePoolNames(): ReadonlyMap<string, string> {
  return (
    useQuery({
      queryKey: [...keys.pools, "names"],
      queryFn: () =>
        takeAll((cursor) =>
          take(api.GET("/api/pools", { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } })),
        ),
      select: byName,
      staleTime: 60_000,
    }).data ?? NOBODY
  );
}

const NOBODY: ReadonlyMap<string, string> = new Map();
const byName = (pools: readonly { id: string; name: string }[]): ReadonlyMap<string, string> =>
  new Map(pools.map((pool) => [pool.id, pool.name]));

/** One member, for its name beside a job. Removed ones are gone: their jobs went with them. */
export const memberQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.member(id), "named"],
    queryFn: () => take(api.GET("/api/members/{memberId}", { params: { path: { memberId: id } } })),
    staleTime: 5 * 60_000,
  });

export const useMember = (id: string | null) => useQuery({ ...memberQuery(id ?? ""), enabled: id !== null });
