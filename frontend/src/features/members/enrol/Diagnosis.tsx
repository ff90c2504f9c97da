import { Button, Loader } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, take, type Wire } from "../../../api/client";
import { keys } from "../../../api/keys";
import { asProblem } from "../../../api/problem";
import { short } from "../../../lib/duration";
import { announce } from "../../../ui/announce";
import { ToneIcon } from "../../../ui/Pill";
import { ProblemNote } from "../../../ui/ProblemNote";
import c from "./enrol.module.css";

type Standing = Wire<"EnrollmentOut">;
type Fix = NonNullable<Standing["fix"]>;

const LONG_WAIT_MS = 60_000;

/** Whether the member comes in, asked each second: waiting, refused with the reason and its fix, or connected. */
export function useEnrollment(memberId: string) {
  return useQuery({
    queryKey: [...keys.member(memberId), "enrollment"],
    queryFn: () => take(api.GET("/api/members/{memberId}/enrollment", { params: { path: { memberId } } })),
    refetchInterval: 1000,
    gcTime: 0,
  });
}

export function Diagnosis({ memberId, typedIps }: { memberId: string; typedIps: readonly string[] }) {
  const { data, error } = useEnrollment(memberId);
  const status = data?.status ?? "waiting";
  const before = useRef(status);
  useEffect(() => {
    if (before.current === status) return;
    before.current = status;
    if (status === "connected") announce("Connected: the first heartbeat has arrived.");
    if (status === "refused") announce("The host was refused. The reason and the fix are on the page.");
  }, [status]);
  if (error && data === undefined) return <ProblemNote problem={error} />;
  if (data?.status === "connected") return <Connected standing={data} />;
  if (data?.status === "refused") return <Refused memberId={memberId} standing={data} typedIps={typedIps} />;
  return <Waiting />;
}

function Waiting() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_WAIT_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={c["live"]} data-status="waiting">
      <Loader size={18} color="gray" aria-hidden />
      <div className={c["words"]}>
        <p>
          <b>Waiting for the first heartbeat</b>
        </p>
        <p>Run the command on the host. This turns green by itself, or says what is wrong.</p>
        {long && (
          <p>
            Nothing has arrived yet. Check that the host reaches <code>{window.location.origin}</code>, that the command
            ended without an error, and what <code>journalctl -u balctl-heartbeat -n 50</code> says there. If it says{" "}
            <code>credential_unknown</code>, the secret on the host is another one: copy the command again.
          </p>
        )}
      </div>
    </div>
  );
}

function Connected({ standing }: { standing: Standing }) {
  return (
    <div className={c["live"]} data-status="connected">
      <ToneIcon tone="ok" size={20} />
      <div className={c["words"]}>
        <p>
          <b>Connected</b>
        </p>
        <p>The last heartbeat arrived {short(standing.ageSec ?? 0)} ago.</p>
      </div>
    </div>
  );
}

function Refused({
  memberId,
  standing,
  typedIps,
}: {
  memberId: string;
  standing: Standing;
  typedIps: readonly string[];
}) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [changed, setChanged] = useState(false);
  const { fix } = standing;
  const mend = async (offered: Fix) => {
    setBusy(true);
    setProblem(null);
    setChanged(false);
    try {
      const after = await take(
        api.POST("/api/members/{memberId}/enrollment/fix", { params: { path: { memberId } }, body: offered }),
      );
      client.setQueryData([...keys.member(memberId), "enrollment"], after);
      announce("The fix is applied. Waiting for the next heartbeat.");
    } catch (error) {
      // Something else is offered by now: what is on screen is asked anew, and nothing was changed.
      if (asProblem(error).code === "fix_changed") setChanged(true);
      else setProblem(error);
      await client.invalidateQueries({ queryKey: [...keys.member(memberId), "enrollment"] });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={c["live"]} data-status="refused">
      <ToneIcon tone="late" size={20} />
      <div className={c["words"]}>
        <p>
          <b>Refused</b> <code>{standing.code}</code>
        </p>
        <p>{sentenceOf(standing)}</p>
        {standing.refusedAgeSec !== null && <p>The last try was {short(standing.refusedAgeSec)} ago.</p>}
        {changed && <p>The host says something else by now, so nothing was changed. This is what it says:</p>}
        {fix && (
          <div className={c["fix"]}>
            <Button loading={busy} onClick={() => void mend(fix)}>
              {labelOf(fix, standing, typedIps)}
            </Button>
          </div>
        )}
        {problem !== null && <ProblemNote problem={problem} />}
      </div>
    </div>
  );
}

function sentenceOf(standing: Standing): string {
  if (standing.code === "hostname_mismatch" && standing.saidHostname) {
    return `The agent says ${standing.saidHostname}, you typed ${standing.typedHostname ?? "another name"}.`;
  }
  if (standing.code === "ip_not_allowed" && standing.seenAddress) {
    return `The host's request came from ${standing.seenAddress}, which is not among the allowed addresses.`;
  }
  return standing.detail ?? "The host's heartbeat was refused.";
}

function labelOf(fix: Fix, standing: Standing, typedIps: readonly string[]): string {
  if (fix.field === "hostname") return `Change the hostname to ${String(fix.value)}`;
  const added = Array.isArray(fix.value) ? fix.value.map(String).filter((one) => !typedIps.includes(one)) : [];
  return `Allow ${added.join(", ") || standing.seenAddress || "this address"} too`;
}
