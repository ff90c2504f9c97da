import { queryOptions } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";

/** What a person should look at now, across all pools. */
export const attentionQuery = queryOptions({
  queryKey: keys.attention,
  queryFn: () => take(api.GET("/api/attention")),
  refetchInterval: 30_000,
  staleTime: 5_000,
});
