import { ActionIcon, Switch } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { PoolMember } from "../../api/pool";
import { useLack } from "../../api/session";
import { announce } from "../../ui/announce";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { toast } from "../../ui/toast";
import { inFailoverOrder, moved } from "./order";
import c from "./SettingsPage.module.css";

/** More than this are not put in order by hand, one by one. */
const LISTED_MAX = 60;

type Change = { priority: number } | { neverPromote: boolean };

/** Who takes over first. Buttons, not dragging; each change is saved at once. */
export function FailoverOrder({ members }: { members: readonly PoolMember[] }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const ordered = inFailoverOrder(members);
  const change = useMutation({
    mutationFn: async (changes: ReadonlyMap<string, Change>) => {
      for (const [memberId, body] of changes) {
        await take(api.PATCH("/api/members/{memberId}", { params: { path: { memberId } }, body }));
      }
    },
    onError: toast.failed,
    onSettled: () => Promise.all([keys.pools, keys.members].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  const move = (from: number, to: number) => {
    const member = ordered[from];
    if (member === undefined) return;
    const before = new Map<string, Change>(ordered.map((one) => [one.id, { priority: one.priority }]));
    const next = moved(ordered, from, to);
    const changes = new Map<string, Change>([...next].map(([id, priority]) => [id, { priority }]));
    const back = new Map([...before].filter(([id]) => next.has(id)));
    change.mutate(changes, {
      onSuccess: () => {
        toast.done(`${member.displayName} is now number ${to + 1} in failover order.`, () => change.mutate(back));
      },
    });
  };
  const never = (member: PoolMember, on: boolean) =>
    change.mutate(new Map([[member.id, { neverPromote: on }]]), {
      onSuccess: () =>
        announce(on ? `${member.displayName} never takes over.` : `${member.displayName} may take over.`),
    });
  const off = lack !== null || change.isPending;
  return (
    <Card title="Failover order">
      <p className={c["lead"]}>
        The first ready member of this list takes over. Standbys with a severe warning, such as a certificate that
        expires within days, stand behind all others.
      </p>
      {lack && <p className={c["lead"]}>{lack}</p>}
      {ordered.length === 0 && <p className={c["lead"]}>The pool has no members yet.</p>}
      {ordered.length > LISTED_MAX && (
        <p className={c["lead"]}>
          The first {LISTED_MAX} of {ordered.length} are shown. Set the priority of others on their own settings page.
        </p>
      )}
      <ol className={c["order"]} aria-busy={change.isPending}>
        {ordered.slice(0, LISTED_MAX).map((member, place) => (
          <li key={member.id}>
            <span className={`${c["place"]} num`}>{place + 1}</span>
            <span className={c["name"]}>{member.displayName}</span>
            {member.active && <Pill tone="active">Active</Pill>}
            {member.maintenance && <Pill tone="info">Maintenance</Pill>}
            <Switch
              size="sm"
              label="Never takes over"
              aria-label={`${member.displayName} never takes over`}
              checked={member.neverPromote}
              disabled={off}
              onChange={(event) => never(member, event.currentTarget.checked)}
            />
            <span className={c["moves"]}>
              <Move
                label={`Move ${member.displayName} up`}
                off={off || place === 0 || ordered.length > LISTED_MAX}
                up
                onClick={() => move(place, place - 1)}
              />
              <Move
                label={`Move ${member.displayName} down`}
                off={off || place === ordered.length - 1 || ordered.length > LISTED_MAX}
                onClick={() => move(place, place + 1)}
              />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Move({ label, off, up = false, onClick }: { label: string; off: boolean; up?: boolean; onClick: () => void }) {
  const Icon = up ? IconArrowUp : IconArrowDown;
  return (
    <ActionIcon variant="default" size={34} aria-label={label} disabled={off} onClick={onClick}>
      <Icon size={17} aria-hidden />
    </ActionIcon>
  );
}
