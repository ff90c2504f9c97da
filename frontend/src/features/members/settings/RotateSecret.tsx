import { Button, Loader, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import { type Member, memberQuery } from "../../../api/member";
import { useLack } from "../../../api/session";
import { Card } from "../../../ui/Card";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { ToneIcon } from "../../../ui/Pill";
import { WhyButton } from "../../../ui/WhyButton";
import { Diagnosis } from "../enrol/Diagnosis";
import { EnrolledSteps } from "../enrol/EnrolledSteps";
import e from "../enrol/enrol.module.css";
import type { Enrolled } from "../enrol/MemberForm";
import c from "./settings.module.css";

/** A new secret and a new install command, for a running agent as for a host that never came in. */
export function RotateSecret({ member }: { member: Member }) {
  const client = useQueryClient();
  const lack = useLack("admin");
  const phone = useMediaQuery("(max-width: 860px)") ?? false;
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const [stored, setStored] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const heard = member.heartbeat?.state === "fresh" || member.heartbeat?.state === "late";
  const rotate = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const made = await take(
        api.POST("/api/members/{memberId}/rotate-secret", { params: { path: { memberId: member.id } } }),
      );
      setEnrolled(made);
      setAsking(false);
      void client.invalidateQueries({ queryKey: keys.member(member.id) });
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const leave = () => {
    setEnrolled(null);
    setStored(false);
    setLeaving(false);
  };
  const close = () => (stored ? leave() : setLeaving(true));
  return (
    <>
      <Card title="Enrolment secret">
        <div className={c["row"]}>
          <p>
            {member.secretPending
              ? "A new secret was made and waits for its first use; the old one is still good until then."
              : "The secret was shown once and cannot be read again. A new one comes with a new install command."}
          </p>
          <WhyButton why={lack} variant="default" onClick={() => setAsking(true)}>
            {member.secretPending ? "Make another secret" : "Rotate secret"}
          </WhyButton>
        </div>
      </Card>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Rotate the secret of ${member.displayName}?`}
        confirmLabel="Rotate secret"
        busy={busy}
        problem={problem}
        onConfirm={() => void rotate()}
      >
        <p style={{ marginTop: 0 }}>{sentence(heard, member.firstSeenAt !== null)}</p>
        <p>The old secret stays good until the new one was used, so nothing stops in between.</p>
      </ConfirmDialog>
      <Modal
        opened={enrolled !== null}
        onClose={close}
        title={<strong>New secret of {member.displayName}</strong>}
        size={680}
        fullScreen={phone}
        closeOnClickOutside={false}
      >
        {enrolled && (
          <EnrolledSteps
            enrolled={enrolled}
            stored={stored}
            onStored={(now) => {
              setStored(now);
              if (now) setLeaving(false);
            }}
            asking={leaving}
            onKeep={() => setLeaving(false)}
            onLeave={leave}
            lead={<p style={{ margin: 0 }}>{sentence(heard, member.firstSeenAt !== null)}</p>}
            live={
              heard ? (
                <Handover memberId={member.id} />
              ) : (
                <Diagnosis memberId={member.id} typedIps={member.allowedIps} />
              )
            }
            actions={
              <Button variant="default" onClick={close}>
                Close
              </Button>
            }
          />
        )}
      </Modal>
    </>
  );
}

function sentence(heard: boolean, everHeard: boolean): string {
  if (heard)
    return "The agent is heard now and takes the new secret over its live session. The command need not be run.";
  return everHeard
    ? "The agent is not heard now. It takes the new secret when it comes back with the old one; otherwise run the command on the host."
    : "This host was never heard, so the command has to be run there.";
}

/** Whether the running agent has taken the new secret. */
function Handover({ memberId }: { memberId: string }) {
  const pending = useQuery({ ...memberQuery(memberId), refetchInterval: 2000 }).data?.secretPending ?? true;
  return (
    <div className={e["live"]} data-status={pending ? "waiting" : "connected"} role="status">
      {pending ? <Loader size={18} color="gray" aria-hidden /> : <ToneIcon tone="ok" size={20} />}
      <div className={e["words"]}>
        <p>
          <b>{pending ? "Handing the new secret to the agent" : "The new secret is in use"}</b>
        </p>
        <p>
          {pending
            ? "It goes along as a job with one of the next heartbeats."
            : "The old one is void within ten minutes. Keep the new one for a new installation of this host."}
        </p>
      </div>
    </div>
  );
}
