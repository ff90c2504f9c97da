import type { Tone } from "../../ui/tones";

/** How HAProxy's words for a server read here. The first word of its status decides. */
const WORDS: Record<string, { word: string; tone: Tone }> = {
  UP: { word: "Up", tone: "ok" },
  no: { word: "Up, not checked", tone: "ok" },
  DOWN: { word: "Down", tone: "down" },
  NOLB: { word: "No new sessions", tone: "late" },
  DRAIN: { word: "Draining", tone: "late" },
  MAINT: { word: "Maintenance", tone: "info" },
};

export type ServerWish = "drain" | "ready" | "maint";

export function serverState(state: string, silent: boolean): { word: string; tone: Tone } {
  if (state === "unknown") return { word: "Unknown", tone: "idle" };
  const { word, tone } = WORDS[state] ?? { word: state, tone: "idle" as const };
  return silent ? { word: `${word} when last heard`, tone: "idle" } : { word, tone };
}

/** What can be asked of a server in this state. */
export function wishesFor(state: string): readonly ServerWish[] {
  if (state === "MAINT") return ["ready"];
  if (state === "DRAIN") return ["ready", "maint"];
  return ["drain", "maint"];
}

export const WISHES: Record<ServerWish, { label: string; command: string; says: string }> = {
  drain: {
    label: "Drain",
    command: "haproxy.server_drain",
    says: "It takes no new clients; sessions under way go on.",
  },
  ready: {
    label: "Put back",
    command: "haproxy.server_ready",
    says: "It takes clients again as soon as its checks pass.",
  },
  maint: {
    label: "Maintenance",
    command: "haproxy.server_maint",
    says: "No clients and no checks until it is put back. Sessions under way may end.",
  },
};
