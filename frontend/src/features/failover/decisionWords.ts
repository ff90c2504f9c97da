import type { Wire } from "../../api/client";
import type { Tone } from "../../ui/tones";

export type Decision = Wire<"DecisionOut">;
export type Candidate = Decision["members"][number];

/** What a decision means in one line. Its own sentences say why. */
export function decisionWords(decision: Decision): { tone: Tone; text: string } {
  const name = decision.members.find((member) => member.memberId === decision.toMemberId)?.name ?? "a standby";
  switch (decision.kind) {
    case "promote":
      return { tone: "active", text: `Traffic would move to ${name}.` };
    case "hold":
      return { tone: "late", text: "Automation would hold: nothing moves until the reason is gone." };
    case "no_candidate":
      return { tone: "down", text: "Nobody could take over: the record would stay as it is." };
    case "stay":
      if (decision.reason === "auto_off") {
        return { tone: "late", text: "Nothing would move by itself: automatic failover is off." };
      }
      if (decision.reason === "no_active") return { tone: "idle", text: "Nothing to decide: no member is active." };
      if (decision.reason === "unknown")
        return { tone: "idle", text: "Nothing would move: the active member is unknown." };
      if (decision.reason === "late") return { tone: "late", text: "Not yet: the active member is late, not down." };
      return { tone: "ok", text: "Traffic would stay where it is." };
  }
}

const HEALTH: Record<string, { tone: Tone; word: string }> = {
  healthy: { tone: "ok", word: "Healthy" },
  late: { tone: "late", word: "Late" },
  silent: { tone: "down", word: "Silent" },
  haproxy_inactive: { tone: "down", word: "HAProxy inactive" },
  unknown: { tone: "idle", word: "Unknown" },
};

export const healthWords = (health: string) => HEALTH[health] ?? { tone: "idle" as const, word: health };

/** The active member first, then those that could take over, then the rest; by name within. */
export const inOrder = (members: readonly Candidate[]): Candidate[] =>
  [...members].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true }));

const rank = (member: Candidate): number => (member.active ? 0 : member.ready ? 1 : 2);
