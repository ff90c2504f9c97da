import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, take, takeAll } from "../../../api/client";
import { keys } from "../../../api/keys";

export const SERVER_SORTS = ["hostname", "createdAt"] as const;
export type ServerSort = "hostname" | "-hostname" | "createdAt" | "-createdAt";

const PAGE = 200;

/** Members of all pools, page by page, searched and sorted by the server. */
export const useMemberPages = (q: string, sort: ServerSort) =>
  useInfiniteQuery({
    queryKey: [...keys.members, "list", q, sort],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/members", {
          params: {
            query: { limit: PAGE, sort, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: (before) => before,
    refetchInterval: 10_000,
  });

/** How each pool is called. */
export function usePoolLabels(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: [...keys.pools, "labels"],
    queryFn: async () => {
      const pools = await takeAll((cursor) =>
        take(api.GET("/api/pools", { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } } })),
      );
      return pools.map(({ id, name }) => [id, name] as const);
    },
    staleTime: 60_000,
    select: (pairs) => new Map(pairs),
  });
  return data ?? NONE;
}
const NONE: ReadonlyMap<string, string> = new Map();
