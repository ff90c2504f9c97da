import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { orderForMember } from "../../../api/jobs";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import { plural } from "../../../lib/numbers";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { toast } from "../../../ui/toast";
import type { Action } from "./QuickActions";

interface Props {
  action: Action | null;
  member: PoolMember;
  blocked: string | null;
  onClose: () => void;
}

/** Says what a grave command does to whom, and asks for the hostname where the server asks for it. */
export function OrderDialog({ action, member, blocked, onClose }: Props) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  if (action === null) return null;
  const { command, label } = action;
  const dangerous = command.danger === "dangerous";
  const close = () => {
    setProblem(null);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const order = { command: command.id, params: action.params };
      await orderForMember(member.id, dangerous ? { ...order, confirm: member.hostname } : order, crypto.randomUUID());
      toast.done(`${label}: ordered. It runs on the next heartbeat.`);
      await client.invalidateQueries({ queryKey: keys.jobs });
      close();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const sessions = member.metrics?.sessions ?? null;
  return (
    <ConfirmDialog
      opened
      onClose={close}
      title={`${label} on ${member.displayName}?`}
      confirmLabel={`${label} on ${member.displayName}`}
      danger={dangerous}
      {...(dangerous ? { typed: member.hostname } : {})}
      blocked={blocked}
      busy={busy}
      problem={problem}
      onConfirm={() => void confirm()}
    >
      <p style={{ marginTop: 0 }}>{command.description}</p>
      {command.stopsHaproxy && (
        <p>
          {member.active
            ? "This is the active member: the pool's clients are served here. Cut DNS to a standby first, unless they may wait."
            : "This member is not the active one: the pool's clients are served elsewhere."}
          {sessions !== null && sessions > 0 && ` It has ${plural(sessions, "session")} now.`}
        </p>
      )}
    </ConfirmDialog>
  );
}
