import { Button, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { keys } from "../../api/keys";
import { Diagnosis, useEnrollment } from "./enrol/Diagnosis";
import { EnrolledSteps } from "./enrol/EnrolledSteps";
import { type Enrolled, MemberForm } from "./enrol/MemberForm";

interface Props {
  poolId: string;
  /** The pool's template, which decides what a member of it most likely is. */
  template: string;
  opened: boolean;
  onClose: () => void;
}

/**
 * Adds a member and stays open until its first heartbeat. The secret lives in this component's state only: not in the
 * query cache, the address or any storage, and it is gone with the dialog.
 */
export function AddMember({ poolId, template, opened, onClose }: Props) {
  const phone = useMediaQuery("(max-width: 860px)") ?? false;
  const client = useQueryClient();
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const [stored, setStored] = useState(false);
  const [asking, setAsking] = useState(false);
  const [connected, setConnected] = useState(false);
  const forget = () => {
    setEnrolled(null);
    setStored(false);
    setAsking(false);
    setConnected(false);
  };
  // Closed from outside, for example by following a link: nothing of the secret stays.
  if (!opened && enrolled !== null) forget();
  const leave = () => {
    forget();
    onClose();
  };
  const welcome = useCallback(() => {
    setConnected(true);
    setAsking(false);
  }, []);
  const close = () => {
    if (enrolled !== null && !stored && !connected) setAsking(true);
    else leave();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<strong>{enrolled ? `Enrol ${enrolled.member.displayName}` : "Add member"}</strong>}
      size={680}
      fullScreen={phone}
      closeOnClickOutside={false}
    >
      {opened && enrolled === null && (
        <MemberForm
          poolId={poolId}
          poolTemplate={template}
          onCancel={leave}
          onEnrolled={(made) => {
            setEnrolled(made);
            void client.invalidateQueries({ queryKey: keys.pool(poolId) });
            void client.invalidateQueries({ queryKey: keys.members });
          }}
        />
      )}
      {opened && enrolled !== null && (
        <Steps
          enrolled={enrolled}
          poolId={poolId}
          stored={stored}
          onStored={(now) => {
            setStored(now);
            if (now) setAsking(false);
          }}
          asking={asking}
          onKeep={() => setAsking(false)}
          onLeave={leave}
          onClose={close}
          onAnother={() => (stored || connected ? forget() : setAsking(true))}
          onConnected={welcome}
          connected={connected}
        />
      )}
    </Modal>
  );
}

interface StepsProps {
  enrolled: Enrolled;
  poolId: string;
  stored: boolean;
  onStored: (stored: boolean) => void;
  asking: boolean;
  onKeep: () => void;
  onLeave: () => void;
  onClose: () => void;
  onAnother: () => void;
  connected: boolean;
  onConnected: () => void;
}

function Steps({ enrolled, poolId, connected, onConnected, onClose, onAnother, onLeave, ...rest }: StepsProps) {
  const { member } = enrolled;
  const status = useEnrollment(member.id).data?.status;
  useEffect(() => {
    if (status === "connected" && !connected) onConnected();
  }, [status, connected, onConnected]);
  return (
    <EnrolledSteps
      {...rest}
      enrolled={enrolled}
      onLeave={onLeave}
      live={<Diagnosis memberId={member.id} typedIps={member.allowedIps} />}
      actions={
        connected ? (
          <>
            <Button variant="default" onClick={onAnother}>
              Add another
            </Button>
            <Button
              renderRoot={(props) => (
                <Link
                  {...props}
                  to="/pools/$pool/members/$member/control-panel"
                  params={{ pool: poolId, member: member.id }}
                />
              )}
            >
              Open member
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        )
      }
    />
  );
}
