import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { keys } from "../../api/keys";
import { learn, type Me } from "../../api/session";
import { safeNext } from "./next";

/** Go in as this person. Whatever an earlier person left in memory is forgotten first. */
export function useEnter(next: string | undefined): (me: Me) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(
    async (me: Me) => {
      client.clear();
      client.setQueryData(keys.me, learn(me));
      await navigate({ href: safeNext(next), replace: true });
    },
    [client, navigate, next],
  );
}
