import { useQuery } from "@tanstack/react-query";
import { api, take, takeAll } from "../../api/client";
import { keys } from "../../api/keys";

const PAGE = 200;

/** Ids and names of the account's pools, for pickers. */
export const usePoolNames = () =>
  useQuery({
    queryKey: [...keys.pools, "names"],
    queryFn: async () => {
      const pools = await takeAll((cursor) =>
        take(api.GET("/api/pools", { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } })),
      );
      return pools.map(({ id, name }) => ({ id, name }));
    },
    staleTime: 60_000,
  });
