import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";

export type User = Wire<"UserOut">;

const KEY = [...keys.account, "users"];

export const usersQuery = queryOptions({ queryKey: KEY, queryFn: () => take(api.GET("/api/users")) });

export function useUsersChanged(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: KEY });
}
