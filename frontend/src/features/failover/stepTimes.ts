import type { Incident } from "./eventQueries";
import type { Evidence } from "./evidence";

/** One part of a move, for the bar. */
export interface Step {
  name: string;
  sec: number;
  tone: "late" | "info" | "active" | "ok";
}

/**
 * Where the time went: how long the active member was silent before anybody may judge it, from the decision to the first
 * write, and from the write to the record read back. What did not happen is left out.
 */
export function stepsOf(incident: Incident, evidence: Evidence | null): Step[] {
  const decided = Date.parse(incident.createdAt);
  const silence = evidence?.members.find((member) => member.id === incident.fromMemberId)?.silenceSec ?? null;
  const written = firstWrite(incident, decided);
  const end = incident.finishedAt === null ? null : Date.parse(incident.finishedAt);
  const steps: Step[] = [];
  if (incident.kind === "automatic" && incident.reason === "silent" && silence !== null) {
    steps.push({ name: "Silence of the active member", sec: silence, tone: "late" });
  }
  if (written !== null) {
    steps.push({ name: "Decision to the write at the provider", sec: (written - decided) / 1000, tone: "info" });
    if (end !== null && end >= written) {
      steps.push({ name: "Write to the record read back", sec: (end - written) / 1000, tone: "active" });
    }
  } else if (end !== null) {
    steps.push({ name: "Decision to the record read back", sec: (end - decided) / 1000, tone: "info" });
  }
  return steps;
}

function firstWrite(incident: Incident, decided: number): number | null {
  const end = incident.finishedAt === null ? Number.POSITIVE_INFINITY : Date.parse(incident.finishedAt);
  const writes = incident.timeline
    .filter((entry) => entry.kind === "dns.written")
    .map((entry) => Date.parse(entry.at))
    .filter((at) => at >= decided && at <= end);
  return writes.length === 0 ? null : Math.min(...writes);
}
