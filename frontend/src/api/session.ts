import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "./client";
import { keys } from "./keys";
import { setCsrfToken } from "./transport";

export type Me = Wire<"MeOut">;
export type RoleWord = Me["role"];

const ORDER: readonly RoleWord[] = ["viewer", "operator", "admin", "owner"];

/** Keep what /api/auth/me, a sign-in or a step-up answered: the next change carries its token. */
export function learn(me: Me): Me {
  setCsrfToken(me.csrfToken);
  return me;
}

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async () => learn(await take(api.GET("/api/auth/me"))),
  staleTime: 60_000,
  retry: false,
});

/** Who is signed in; undefined only on the pages before sign-in. */
export const useMe = (): Me | undefined => useQuery({ ...meQuery, enabled: false }).data;

/** Why the signed-in person may not do what this role may, or null when they may. A disabled control says it. */
export function useLack(role: RoleWord): string | null {
  const me = useMe();
  if (me === undefined || ORDER.indexOf(me.role) >= ORDER.indexOf(role)) return null;
  return `This needs the role ${role}; you are ${me.role}. Ask an owner of the account.`;
}
