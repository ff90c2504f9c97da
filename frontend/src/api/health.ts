import type { BeatState } from "./beats";

export interface HealthWord {
  tone: "ok" | "late" | "down" | "idle";
  word: string;
}

interface Known {
  state: BeatState;
  haproxyMonitored?: boolean | null | undefined;
  haproxyActive?: boolean | null | undefined;
}

/**
 * One word for a member. Past two beats it is late, past the recovery time down, without any beat unknown; a member that
 * is heard and whose HAProxy is monitored and not running is down too, and says so.
 */
export function healthOf({ state, haproxyMonitored, haproxyActive }: Known): HealthWord {
  if (state === "fresh" && haproxyMonitored && haproxyActive === false) return { tone: "down", word: "HAProxy down" };
  if (state === "fresh") return { tone: "ok", word: "Healthy" };
  if (state === "late") return { tone: "late", word: "Late" };
  if (state === "down") return { tone: "down", word: "Down" };
  return { tone: "idle", word: "Unknown" };
}
