import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useBeat } from "../../../api/beats";
import type { KnownFacts } from "../../../api/facts";
import type { PoolMember } from "../../../api/pool";
import { beatAgeSec } from "../../../lib/beatAge";
import { long } from "../../../lib/duration";
import { ToneIcon } from "../../../ui/Pill";
import { useNow } from "../../../ui/time/now";
import c from "./panel.module.css";

/** What has to be known before the numbers below are believed. Nothing when all is well. */
export function Notices({ member, known }: { member: PoolMember; known: KnownFacts | undefined }) {
  const beat = useBeat(member.id);
  useNow();
  const age = beatAgeSec(beat.heardAt);
  const facts = known?.facts ?? null;
  return (
    <>
      {beat.state === "down" && (
        <Notice tone="down">
          Nothing has been heard of this host for {age === null ? "some time" : long(age)}. The numbers below are the
          last ones that it sent. Look at the host itself: <code>systemctl status balctl-heartbeat</code>.
        </Notice>
      )}
      {beat.state === "unknown" && member.firstSeenAt === null && (
        <Notice tone="late">
          This host has never been heard.{" "}
          <Link
            to="/pools/$pool/members/$member/settings"
            params={{ pool: member.poolId, member: member.id }}
            hash="enrolment"
          >
            See whether it is refused, or make a new install command
          </Link>
          .
        </Notice>
      )}
      {beat.state === "unknown" && member.firstSeenAt !== null && (
        <Notice tone="late">
          It is not known how this host is: the store of heartbeats does not answer, or has forgotten it.
        </Notice>
      )}
      {member.heartbeat?.cloneSuspected && (
        <Notice tone="down">
          Two machines seem to send heartbeats with this member's secret. Rotate the secret in its settings, and enrol
          the copy as a member of its own.
        </Notice>
      )}
      {facts?.policy.fault && <Notice tone="late">The host's policy file is faulty: {facts.policy.fault}</Notice>}
      {facts?.degraded.map((sentence) => (
        <Notice key={sentence} tone="late">
          The agent reports: {sentence}
        </Notice>
      ))}
    </>
  );
}

function Notice({ tone, children }: { tone: "late" | "down"; children: ReactNode }) {
  return (
    <div className={c["warn"]} data-tone={tone} role="note">
      <ToneIcon tone={tone} />
      <p>{children}</p>
    </div>
  );
}
