import type { Tone } from "../../../ui/tones";
import type { Pool } from "./usePools";

/** One word for a pool, by its members' heartbeats: the worst that a person should know of comes first. */
export function poolHealth({
  health,
  template,
  activeMemberId,
}: Pick<Pool, "health" | "template" | "activeMemberId">): {
  tone: Tone;
  word: string;
} {
  if (health === undefined || health.members === 0) return { tone: "idle", word: "Empty" };
  if (health.unknown === health.members) return { tone: "idle", word: "Unknown" };
  if (health.down > 0) return { tone: "down", word: `${health.down} down` };
  if (template === "haproxy" && activeMemberId === null) return { tone: "late", word: "No active member" };
  if (health.late > 0) return { tone: "late", word: `${health.late} late` };
  if (health.unknown > 0) return { tone: "late", word: `${health.unknown} unknown` };
  return { tone: "ok", word: "Healthy" };
}

const RANK: Record<Tone, number> = { down: 0, late: 1, info: 2, active: 2, idle: 3, ok: 4 };

/** The pools that a filter leaves, those that need somebody first. */
export function shownPools<Kind extends Pick<Pool, "name" | "health" | "template" | "activeMemberId">>(
  pools: readonly Kind[],
  { q, template }: { q?: string | undefined; template?: string | undefined },
): Kind[] {
  const wanted = q?.trim().toLowerCase() ?? "";
  return pools
    .filter((pool) => pool.name.toLowerCase().includes(wanted))
    .filter((pool) => template === undefined || pool.template === template)
    .sort(
      (a, b) =>
        RANK[poolHealth(a).tone] - RANK[poolHealth(b).tone] || a.name.localeCompare(b.name, "en", { numeric: true }),
    );
}
