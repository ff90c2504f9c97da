import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { SchemaField } from "../../ui/SchemaForm";
import type { DeliveryState } from "./search";

export type Channel = Wire<"ChannelOut">;
export type ChannelKind = Wire<"ChannelKindOut">;
export type Delivery = Wire<"DeliveryOut">;
export type Topic = NonNullable<Wire<"ChannelCreate">["topics"]>[number];

export const useChannels = () =>
  useQuery({
    queryKey: [...keys.channels, "list"],
    queryFn: async () => (await take(api.GET("/api/notification-channels"))).items,
    refetchInterval: 30_000,
  });

/** The kinds of channels with their fields. They change with the installation's version only. */
export const useChannelKinds = () =>
  useQuery({
    queryKey: [...keys.channels, "kinds"],
    queryFn: () => take(api.GET("/api/notification-channels/kinds")),
    staleTime: Number.POSITIVE_INFINITY,
  });

export interface DeliveryFilter {
  status?: DeliveryState | undefined;
  channelId?: string | undefined;
}

const PAGE = 50;

/** What went out, what waits and what failed, newest first, page by page. */
export const useDeliveries = ({ status, channelId }: DeliveryFilter) =>
  useInfiniteQuery({
    queryKey: [...keys.deliveries, "log", status ?? null, channelId ?? null],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/notification-deliveries", {
          params: {
            query: {
              limit: PAGE,
              ...(pageParam ? { cursor: pageParam } : {}),
              ...(status ? { status } : {}),
              ...(channelId ? { channelId } : {}),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: 15_000,
  });

/** The newest messages about one pool. */
export const usePoolDeliveries = (poolId: string, limit: number) =>
  useQuery({
    queryKey: [...keys.deliveries, "pool", poolId],
    queryFn: async () =>
      (await take(api.GET("/api/notification-deliveries", { params: { query: { poolId, limit } } }))).items,
    refetchInterval: 15_000,
  });

/** A kind's fields for SchemaForm; a secret that is stored may stay empty. */
export function fieldsOf(kind: ChannelKind, saved?: Channel): SchemaField[] {
  const stored = saved && Array.isArray(saved.secretsSet) ? saved.secretsSet : [];
  return kind.fields.map((field) =>
    field.secret && stored.includes(field.name)
      ? { ...field, required: false, hint: "Stored; leave it empty to keep it" }
      : field,
  );
}
