import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Failover, Overview, PoolDns } from "../../../api/pool";
import { asProblem } from "../../../api/problem";
import { useLack } from "../../../api/session";
import { useLive } from "../../../api/stream/live";
import { announce } from "../../../ui/announce";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { activeOf, type Place } from "../rules/lineup";
import { CutProgress } from "./CutProgress";
import { CutQuestion } from "./CutQuestion";
import { cannotTake, firstTarget, needsForce } from "./change";

interface Props {
  overview: Overview;
  places: readonly Place[];
  failover: Failover | undefined;
  dns: PoolDns | null | undefined;
}

/** `?cut=next` or `?cut=<member>`: asks, then follows the move until the record has followed or could not. */
export function CutDialog({ overview, places, failover, dns }: Props) {
  const { cut } = useSearch({ strict: false }) as { cut?: string };
  const [eventId, setEventId] = useState<string | null>(null);
  const navigate = useNavigate();
  const poolId = overview.pool.id;
  const close = () => void navigate({ to: "/pools/$pool", params: { pool: poolId }, search: {} });
  return (
    <>
      <CutConfirm
        asked={cut ?? null}
        {...{ overview, places, failover, dns }}
        onClose={close}
        onOrdered={(id) => {
          setEventId(id);
          close();
        }}
      />
      <CutProgress poolId={poolId} eventId={eventId} onClose={() => setEventId(null)} />
    </>
  );
}

interface ConfirmProps extends Props {
  /** Null: closed. It stays mounted, so that the focus goes back to where it came from. */
  asked: string | null;
  onClose: () => void;
  onOrdered: (eventId: string) => void;
}

function CutConfirm({ asked, overview, places, failover, dns, onClose, onOrdered }: ConfirmProps) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const { stale } = useLive();
  const [chosen, setChosen] = useState<string | null>(null);
  const [forced, setForced] = useState(false);
  const active = activeOf(places);
  const target = places.find((place) => place.member.id === (chosen ?? firstTarget(asked ?? "next", places)));
  const force = target !== undefined && needsForce(target, active);
  const order = useMutation({
    mutationFn: (memberId: string) =>
      take(
        api.POST("/api/pools/{poolId}/failover/cutover", {
          params: { path: { poolId: overview.pool.id } },
          body: { memberId, force: force && forced },
        }),
      ),
    onSuccess: (event) => {
      announce(`Ordered: traffic moves to ${event.toName}.`);
      void client.invalidateQueries({ queryKey: keys.pool(overview.pool.id) });
      forget();
      onOrdered(event.id);
    },
    onError: (error) => {
      // Somebody or something else moved the pool: what the dialog shows is old, so it is read again.
      if (asProblem(error).status === 409) void client.invalidateQueries({ queryKey: keys.pool(overview.pool.id) });
    },
  });
  const forget = () => {
    setChosen(null);
    setForced(false);
    order.reset();
  };
  const name = target?.member.displayName ?? "";
  const moves = dns !== null;
  const blocked =
    lack ??
    (target === undefined
      ? places.length === 0
        ? "The pool has no members: add one first."
        : "There is no standby: add a second member first."
      : stale
        ? "The page is not up to date: wait until it is live again."
        : failover === undefined
          ? "The state of the pool is being read."
          : (cannotTake(target) ??
            (force && !forced ? `${name} is not ready. Tick the box to send traffic there all the same.` : null)));
  return (
    <ConfirmDialog
      opened={asked !== null}
      onClose={() => {
        forget();
        onClose();
      }}
      title={target ? (active ? `Send traffic to ${name}?` : `Make ${name} active?`) : "Send traffic to a standby?"}
      confirmLabel={target ? (moves && active ? `Cut DNS to ${name}` : `Make ${name} active`) : "Cut DNS"}
      danger={force}
      blocked={blocked}
      busy={order.isPending}
      problem={order.error}
      onConfirm={() => target && order.mutate(target.member.id)}
      size={620}
    >
      {target && (
        <CutQuestion
          {...{ places, active, target, failover, dns, force, forced }}
          onChoose={(id) => {
            setChosen(id);
            setForced(false);
            order.reset();
          }}
          onForce={setForced}
        />
      )}
    </ConfirmDialog>
  );
}
