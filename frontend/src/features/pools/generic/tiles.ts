import type { PoolMember } from "../../../api/pool";
import type { HealthById } from "../rules/liveHealth";

export type TileState = "ok" | "late" | "down" | "idle";
export const TILE_STATES = [
  ["ok", "Healthy"],
  ["late", "Late"],
  ["down", "Down"],
  ["idle", "Unknown"],
] as const;

const STACKS: Readonly<Record<string, string>> = {
  haproxy: "HAProxy",
  cpanel: "cPanel & WHM",
  openlitespeed: "OpenLiteSpeed",
  litespeed: "LiteSpeed",
  mariadb: "MariaDB",
  mysql: "MySQL",
  galera: "Galera",
  apache: "Apache",
  nginx: "nginx",
  docker: "Docker",
  linux: "Linux",
};

/** A stack as people write it; one that we do not know yet stays as the agent names it. */
export const stackWord = (stack: string): string => STACKS[stack] ?? stack;

/** The stacks that members of this pool report, each once, in alphabetical order. */
export function stacksOf(members: readonly PoolMember[]): string[] {
  const found = new Set(members.flatMap((member) => member.heartbeat?.stacks ?? []));
  return [...found].sort((a, b) => stackWord(a).localeCompare(stackWord(b)));
}

/** The members that the filter leaves, worst first, then by name. */
export function shownTiles(
  members: readonly PoolMember[],
  health: HealthById,
  { state, stack }: { state?: string | undefined; stack?: string | undefined },
): PoolMember[] {
  const toneOf = (member: PoolMember): TileState => health.get(member.id)?.tone ?? "idle";
  const rank: Record<TileState, number> = { down: 0, late: 1, idle: 2, ok: 3 };
  return members
    .filter((member) => state === undefined || toneOf(member) === state)
    .filter((member) => stack === undefined || (member.heartbeat?.stacks ?? []).includes(stack))
    .sort(
      (a, b) =>
        rank[toneOf(a)] - rank[toneOf(b)] || a.displayName.localeCompare(b.displayName, "en", { numeric: true }),
    );
}
