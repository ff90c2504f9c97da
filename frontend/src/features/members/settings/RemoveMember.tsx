import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Member } from "../../../api/member";
import { asProblem } from "../../../api/problem";
import { useLack } from "../../../api/session";
import { Card } from "../../../ui/Card";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { toast } from "../../../ui/toast";
import { WhyButton } from "../../../ui/WhyButton";
import c from "./settings.module.css";

/** Detaches the member: it is no longer believed, and its history goes. Nothing on the host itself is changed. */
export function RemoveMember({ member }: { member: Member }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const lack = useLack("admin");
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const isActive = member.active || (problem !== null && asProblem(problem).code === "member_is_active");
  const remove = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await take(
        api.DELETE("/api/members/{memberId}", {
          params: { path: { memberId: member.id }, query: { confirm: member.hostname } },
        }),
      );
      toast.done(`${member.displayName} is removed.`);
      await navigate({ to: "/pools/$pool", params: { pool: member.poolId } });
      client.removeQueries({ queryKey: keys.member(member.id) });
      void client.invalidateQueries({ queryKey: keys.pool(member.poolId) });
      void client.invalidateQueries({ queryKey: keys.members });
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Card title="Remove" className={c["danger"]}>
      <div className={c["row"]}>
        <p>
          The member is detached: its heartbeats are refused from then on, and its jobs and measurements are no longer
          shown. Nothing is changed on the host.
        </p>
        <WhyButton why={lack} color="red" variant="outline" onClick={() => setAsking(true)}>
          Remove member
        </WhyButton>
      </div>
      <ConfirmDialog
        opened={asking}
        onClose={() => {
          setAsking(false);
          setProblem(null);
        }}
        title={`Remove ${member.displayName}?`}
        confirmLabel={`Remove ${member.displayName}`}
        danger
        typed={member.hostname}
        busy={busy}
        problem={problem}
        onConfirm={() => void remove()}
      >
        <p style={{ marginTop: 0 }}>
          The agent on {member.hostname} goes on trying and is refused. To stop it there:{" "}
          <code className="mono">systemctl disable --now balctl-heartbeat</code>.
        </p>
        {isActive && (
          <p>
            <strong>This is the active member.</strong> DNS goes on pointing at it, and nobody watches it any more. Make
            another one active first:{" "}
            <Link to="/pools/$pool" params={{ pool: member.poolId }} search={{ cut: "next" }}>
              cut DNS to a standby
            </Link>
            .
          </p>
        )}
      </ConfirmDialog>
    </Card>
  );
}
