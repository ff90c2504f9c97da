import { useQuery } from "@tanstack/react-query";
import { api, take, takeAll } from "../../api/client";
import { healthOf } from "../../api/health";
import { keys } from "../../api/keys";
import type { MapMember } from "../../ui/map/places";

const PAGE = 200;
const MEMBERS_PAGE = 5000;

export const useFleetPools = () =>
  useQuery({
    queryKey: [...keys.pools, "list", "fleet"],
    queryFn: () =>
      takeAll((cursor) =>
        take(api.GET("/api/pools", { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } })),
      ),
    refetchInterval: 10_000,
  });

/** Members that have a place on the map, with their state. Names and places only: this may be thousands. */
export const useLocated = () =>
  useQuery({
    queryKey: [...keys.members, "list", "located"],
    queryFn: async (): Promise<MapMember[]> => {
      const all = await takeAll(
        (cursor) =>
          take(api.GET("/api/members", { params: { query: { limit: MEMBERS_PAGE, ...(cursor ? { cursor } : {}) } } })),
        20_000,
      );
      return all.map(({ id, poolId, displayName, location, heartbeat }) => ({
        id,
        poolId,
        displayName,
        location,
        tone: healthOf(heartbeat ?? { state: "unknown" }).tone,
      }));
    },
    refetchInterval: 30_000,
  });

export const useRunningJobs = (limit: number) =>
  useQuery({
    queryKey: [...keys.jobs, "running", limit],
    queryFn: () => take(api.GET("/api/jobs", { params: { query: { status: "running", limit } } })),
    refetchInterval: 5_000,
  });

export const useLastFailovers = (limit: number) =>
  useQuery({
    queryKey: [...keys.failoverEvents, "last", limit],
    queryFn: () => take(api.GET("/api/failover/events", { params: { query: { limit } } })),
    refetchInterval: 60_000,
  });
