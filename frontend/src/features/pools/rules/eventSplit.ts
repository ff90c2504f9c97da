import type { FailoverEvent } from "../useLastEvent";

export interface EventSplit {
  /** Silence until the decision; null when a person decided. */
  detectSec: number | null;
  /** Decision until the record followed; null while it does not. */
  switchSec: number | null;
}

/** How long a move took to be noticed, and how long the record took to follow. */
export function eventSplit(event: FailoverEvent): EventSplit {
  const { createdAt, finishedAt, kind } = event;
  return {
    detectSec: kind === "automatic" ? silenceOf(event) : null,
    switchSec: finishedAt === null ? null : Math.max(0, (Date.parse(finishedAt) - Date.parse(createdAt)) / 1000),
  };
}

function silenceOf({ evidence, fromMemberId }: FailoverEvent): number | null {
  const members = evidence["members"];
  if (!Array.isArray(members)) return null;
  for (const member of members as unknown[]) {
    if (typeof member !== "object" || member === null) continue;
    const { memberId, silenceSec } = member as { memberId?: unknown; silenceSec?: unknown };
    if (memberId === fromMemberId && typeof silenceSec === "number" && silenceSec < 1e6) return silenceSec;
  }
  return null;
}
