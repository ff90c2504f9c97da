import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";

export type Haproxy = Wire<"HaproxyOut">;
export type Version = Wire<"HaproxyVersionOut">;
export type WholeVersion = Wire<"WholeVersionOut">;
export type ConfigFile = Wire<"ConfigFileOut">;
export type FileDiff = Wire<"FileDiffOut">;
export type Check = Wire<"ConfigCheckOut">;

// Everything stands below the member's key: news of its jobs and versions refresh it.
const base = (memberId: string) => [...keys.member(memberId), "haproxy"] as const;

export const standingQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...base(memberId), "standing"],
    queryFn: () => take(api.GET("/api/members/{memberId}/haproxy", { params: { path: { memberId } } })),
  });

export const driftQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...base(memberId), "drift"],
    queryFn: () => take(api.GET("/api/members/{memberId}/haproxy/drift", { params: { path: { memberId } } })),
  });

export const versionsQuery = (memberId: string) =>
  infiniteQueryOptions({
    queryKey: [...base(memberId), "versions"],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/members/{memberId}/haproxy/versions", {
          params: { path: { memberId }, query: { limit: 25, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });

export const versionQuery = (memberId: string, versionId: string) =>
  queryOptions({
    queryKey: [...base(memberId), "version", versionId],
    queryFn: () => take(api.GET("/api/haproxy/versions/{versionId}", { params: { path: { versionId } } })),
  });

export const diffQuery = (memberId: string, versionId: string) =>
  queryOptions({
    queryKey: [...base(memberId), "diff", versionId],
    queryFn: async () =>
      (await take(api.GET("/api/haproxy/versions/{versionId}/diff", { params: { path: { versionId } } }))).files,
  });

/** Read the live configuration: the first time it becomes version 1, later it shows what differs. */
export const orderLook = (memberId: string) =>
  take(api.POST("/api/members/{memberId}/haproxy/import", { params: { path: { memberId } } }));

export const orderCheck = (versionId: string) =>
  take(api.POST("/api/haproxy/versions/{versionId}/check", { params: { path: { versionId } } }));
