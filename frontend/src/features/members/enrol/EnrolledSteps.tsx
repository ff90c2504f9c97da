import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { CommandBlock } from "../../../ui/CommandBlock";
import { SecretOnce } from "../../../ui/SecretOnce";
import c from "./enrol.module.css";
import type { Enrolled } from "./MemberForm";

interface Props {
  enrolled: Enrolled;
  stored: boolean;
  onStored: (stored: boolean) => void;
  /** Closing was wished for while the secret was neither stored nor in use. */
  asking: boolean;
  onKeep: () => void;
  onLeave: () => void;
  /** What stands above the command: for a rotation, whether it is needed at all. */
  lead?: ReactNode;
  /** What is going on at the other end. */
  live: ReactNode;
  actions: ReactNode;
}

/** The one-shot command, the secret, and what comes of them. */
export function EnrolledSteps(props: Props) {
  const { enrolled, stored, onStored, asking, onKeep, onLeave, lead, live, actions } = props;
  return (
    <div className={c["steps"]}>
      {asking && (
        <div className={c["ask"]} role="alertdialog" aria-label="Close without storing the secret?">
          <p>
            <b>Close without storing the secret?</b> The command and the secret are not shown again. A new one can be
            made in the member's settings.
          </p>
          <Group gap="sm">
            <Button variant="default" onClick={onKeep} autoFocus>
              Keep it open
            </Button>
            <Button color="red" onClick={onLeave}>
              Close without storing
            </Button>
          </Group>
        </div>
      )}
      {lead}
      <section>
        <h3>Run this on {enrolled.member.hostname}, as root</h3>
        <CommandBlock command={enrolled.enrollment.installCommand} label="Copy the install command" />
        <ul className={c["does"]}>
          <li>Makes sure of Python 3.9 or newer, curl and unzip, and fetches the agent over verified TLS.</li>
          <li>Writes /etc/balctl/agent.env, readable by root alone, and installs the service balctl-heartbeat.</li>
          <li>Sends one heartbeat a second from the host outwards. No port is opened and no SSH is needed.</li>
        </ul>
      </section>
      <section>
        <SecretOnce title="Enrolment secret" secret={enrolled.enrollment.secret} stored={stored} onStored={onStored} />
      </section>
      {live}
      <Group justify="flex-end" gap="sm">
        {actions}
      </Group>
    </div>
  );
}
