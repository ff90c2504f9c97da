import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { AuditQuery } from "./filters";

type Raw = Wire<"AuditOut">;
export type Entry = Omit<Raw, "actor"> & { actor: { kind: string; id: string | null; name: string } };

const PAGE = 50;

export const entriesQuery = (filters: AuditQuery) =>
  infiniteQueryOptions({
    queryKey: [...keys.audit, "entries", filters],
    queryFn: async ({ pageParam }) => {
      const query = { ...filters, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) };
      const { items, nextCursor } = await take(api.GET("/api/audit", { params: { query } }));
      return { items: items.map(withActor), nextCursor };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });

export const headQuery = queryOptions({
  queryKey: [...keys.audit, "head"],
  queryFn: () => take(api.GET("/api/audit/head")),
});

/** The wire says of `actor` only that it is an object. */
function withActor(raw: Raw): Entry {
  const actor: Record<string, unknown> = { ...raw.actor };
  const { kind, id, name } = actor;
  return {
    ...raw,
    actor: {
      kind: typeof kind === "string" ? kind : "unknown",
      id: typeof id === "string" ? id : null,
      name: typeof name === "string" ? name : "unknown",
    },
  };
}
