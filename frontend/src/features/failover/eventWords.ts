import { short } from "../../lib/duration";
import type { Tone } from "../../ui/tones";
import type { FailoverEvent } from "./eventQueries";

const KINDS = { automatic: "Automatic", manual: "By a person", failback: "Failback" } as const;
const STATES = {
  deciding: { word: "Deciding", tone: "info" },
  switching: { word: "Switching", tone: "info" },
  done: { word: "Done", tone: "ok" },
  failed: { word: "Failed", tone: "down" },
  superseded: { word: "Superseded", tone: "idle" },
} as const satisfies Record<FailoverEvent["state"], { word: string; tone: Tone }>;

const REASONS: Record<string, string> = {
  silent: "The active member fell silent",
  haproxy_inactive: "HAProxy was down on the active member",
  failback: "Back to the preferred member",
  manual: "Ordered by a person",
};

export const kindWord = (kind: FailoverEvent["kind"]): string => KINDS[kind];
export const stateWord = (state: FailoverEvent["state"]) => STATES[state];

/** Why, in one line: the first sentence when the code is not one that we know. */
export const whyOf = (event: Pick<FailoverEvent, "reason" | "sentences">): string =>
  REASONS[event.reason] ?? event.sentences[0] ?? event.reason;

/** "203.0.113.10", "203.0.113.10 and 2001:db8::1"; a dash when nothing was published. */
export function addressText(addresses: Readonly<Record<string, readonly string[]>>): string {
  const all = Object.values(addresses).flat();
  return all.length === 0 ? "–" : all.join(" and ");
}

/** From the decision to the record read back. */
export function tookText(event: Pick<FailoverEvent, "createdAt" | "finishedAt">): string | null {
  if (event.finishedAt === null) return null;
  return short((Date.parse(event.finishedAt) - Date.parse(event.createdAt)) / 1000);
}
