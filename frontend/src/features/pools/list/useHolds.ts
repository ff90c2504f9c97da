import { useMemo } from "react";
import { useAttention } from "../../../api/attention";

/** Why automation holds, by pool; pools without a hold are not in it. */
export function useHolds(): ReadonlyMap<string, string> {
  const items = useAttention().data?.items;
  return useMemo(() => {
    const found = new Map<string, string>();
    for (const item of items ?? []) if (item.kind === "hold" && item.poolId) found.set(item.poolId, item.text);
    return found;
  }, [items]);
}
