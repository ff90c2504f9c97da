import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "./client";
import { keys } from "./keys";

export type AttentionItem = Wire<"AttentionItemOut">;
export type Attention = Wire<"AttentionOut">;

/** What a person should look at now, across all pools, worst first. */
export const attentionQuery = queryOptions({
  queryKey: keys.attention,
  queryFn: () => take(api.GET("/api/attention")),
  refetchInterval: 30_000,
  staleTime: 5_000,
});

export const useAttention = () => useQuery(attentionQuery);
