import { IconAlertTriangle, IconCheck, IconX } from "@tabler/icons-react";
import c from "./Gates.module.css";

export interface Gate {
  name: string;
  passed: boolean;
  blocking: boolean;
  reason: string;
}
export interface Vote {
  by: string;
  ok: boolean;
  ageSec: number | null;
  millis: number | null;
  error: string | null;
}

/** The conditions for taking over, each ticked or not with its reason. Warnings rank a member lower and never block it. */
export function Gates({ gates }: { gates: readonly Gate[] }) {
  return (
    <ul className={c["gates"]}>
      {gates.map((gate) => (
        <li key={gate.name} data-state={gate.passed ? "ok" : gate.blocking ? "no" : "warn"}>
          {gate.passed ? (
            <IconCheck size={15} aria-hidden />
          ) : gate.blocking ? (
            <IconX size={15} aria-hidden />
          ) : (
            <IconAlertTriangle size={15} aria-hidden />
          )}
          <span>
            <span className="vh">{gate.passed ? "Passed: " : gate.blocking ? "Blocks: " : "Warning: "}</span>
            {gate.reason}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Who tried the member's service, and what they saw. */
export function Votes({ votes }: { votes: readonly Vote[] }) {
  if (votes.length === 0) return null;
  return (
    <ul className={c["gates"]} aria-label="Votes of the service probe">
      {votes.map((vote) => (
        <li key={vote.by} data-state={vote.ok ? "ok" : "no"}>
          {vote.ok ? <IconCheck size={15} aria-hidden /> : <IconX size={15} aria-hidden />}
          <span>
            Seen from {vote.by}: {vote.ok ? "the service answers" : `no answer (${vote.error ?? "no reason given"})`}
            {vote.ok && vote.millis !== null && ` in ${Math.round(vote.millis)} ms`}
            {vote.ageSec !== null && vote.ageSec > 0 && `, ${vote.ageSec.toFixed(1)} s ago`}
          </span>
        </li>
      ))}
    </ul>
  );
}
