import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";

export type Snapshot = Wire<"SnapshotOut">;
export type Overview = Wire<"BackupOverviewOut">;
export type Plan = Wire<"BackupPlanOut">;
export type SnapshotFile = Wire<"SnapshotFileOut">;

export interface Filter {
  pool?: string | undefined;
  kind?: string | undefined;
  state?: string | undefined;
}

// Everything of a member stands below its key: news of its jobs and snapshots refresh it.
const base = (memberId: string) => [...keys.member(memberId), "backups"] as const;

export const overviewQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...base(memberId), "overview"],
    queryFn: () => take(api.GET("/api/members/{memberId}/backup-overview", { params: { path: { memberId } } })),
  });

export const snapshotsQuery = (memberId: string) =>
  infiniteQueryOptions({
    queryKey: [...base(memberId), "snapshots"],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/members/{memberId}/snapshots", {
          params: { path: { memberId }, query: { limit: 20, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });

export const allSnapshotsQuery = ({ pool, kind, state }: Filter) =>
  infiniteQueryOptions({
    queryKey: [...keys.backups, { pool, kind, state }],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/backups", {
          params: {
            query: {
              limit: 50,
              ...(pageParam ? { cursor: pageParam } : {}),
              ...(pool ? { poolId: pool } : {}),
              ...(kind ? { kind: kind as Snapshot["kind"] as never } : {}),
              ...(state ? { state: state as Snapshot["state"] } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });

export const filesQuery = (snapshotId: string, prefix: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.backups, snapshotId, "files", prefix],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/snapshots/{snapshotId}/files", {
          params: { path: { snapshotId }, query: { limit: 100, prefix, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

const at = (snapshotId: string) => ({ params: { path: { snapshotId } } });

export const backUp = (memberId: string, kind: string) =>
  take(
    api.POST("/api/members/{memberId}/snapshots", {
      params: { path: { memberId } },
      body: { kind: kind as "haproxy" },
    }),
  );

export const savePlan = (memberId: string, body: Wire<"BackupPlanIn">) =>
  take(api.PUT("/api/members/{memberId}/backup-plan", { params: { path: { memberId } }, body }));

export const verify = (snapshotId: string) => take(api.POST("/api/snapshots/{snapshotId}/verify", at(snapshotId)));

export const remove = (snapshotId: string) => take(api.DELETE("/api/snapshots/{snapshotId}", at(snapshotId)));

export const keep = (snapshotId: string) => take(api.POST("/api/snapshots/{snapshotId}/keep", at(snapshotId)));

export const restore = (snapshotId: string, body: Wire<"RestoreIn">) =>
  take(api.POST("/api/snapshots/{snapshotId}/restore", { ...at(snapshotId), body }));

export const compare = (snapshotId: string, path: string) =>
  take(api.POST("/api/snapshots/{snapshotId}/compare", { ...at(snapshotId), body: { path } }));

export const comparison = (snapshotId: string, jobId: string) =>
  take(api.GET("/api/snapshots/{snapshotId}/compare", { params: { path: { snapshotId }, query: { jobId } } }));

export const content = (snapshotId: string, path: string) =>
  take(api.GET("/api/snapshots/{snapshotId}/content", { params: { path: { snapshotId }, query: { path } } }));
