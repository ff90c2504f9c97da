import { type BeatState, beats } from "../../../api/beats";
import type { PoolMember } from "../../../api/pool";
import type { MemberState } from "../search";

/** What the text filter looks at. */
export function matches(member: PoolMember, q: string): boolean {
  const wanted = q.trim().toLowerCase();
  if (wanted === "") return true;
  return [
    member.hostname,
    member.displayName,
    member.location?.name ?? "",
    member.heartbeat?.ip ?? "",
    ...member.allowedIps,
    ...member.publicIps,
  ].some((text) => text.toLowerCase().includes(wanted));
}

const RANK: Record<BeatState, number> = { down: 0, late: 1, unknown: 2, fresh: 3 };

/** What a column sorts by; live ones read the beat of this moment. */
export const SORTS: Record<string, (member: PoolMember) => string | number | null> = {
  name: (member) => member.displayName,
  hostname: (member) => member.hostname,
  state: (member) => RANK[beats.get(member.id).state],
  role: (member) => (member.active ? 0 : member.maintenance ? 2 : 1),
  cpu: (member) => beats.get(member.id).cpuPct,
  memory: (member) => beats.get(member.id).memoryPct,
  disk: (member) => member.metrics?.diskPct ?? null,
  load: (member) => beats.get(member.id).load,
  sessions: (member) => beats.get(member.id).sessions,
  agent: (member) => member.heartbeat?.agentVersion ?? null,
  address: (member) => member.publicIps[0] ?? member.heartbeat?.ip ?? null,
  priority: (member) => member.priority,
  added: (member) => member.createdAt,
};

/** Columns whose values change without anybody's doing. Others move only when a person edits a member. */
export const LIVE_SORTS = new Set(["state", "cpu", "memory", "load", "sessions", "disk"]);

export interface Wish {
  state: MemberState | undefined;
  sort: { id: string; desc: boolean };
}

const collator = new Intl.Collator("en", { numeric: true });

/** Ids in the wished order, as things are at this moment. What has no value stands last. */
export function orderNow(members: readonly PoolMember[], { state, sort }: Wish): string[] {
  const by = SORTS[sort.id] ?? SORTS["name"];
  return members
    .filter((member) => state === undefined || beats.get(member.id).state === state)
    .map((member) => ({ id: member.id, name: member.displayName, value: by?.(member) ?? null }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      const found =
        typeof a.value === "number" && typeof b.value === "number"
          ? a.value - b.value
          : collator.compare(String(a.value), String(b.value));
      return (sort.desc ? -found : found) || collator.compare(a.name, b.name);
    })
    .map(({ id }) => id);
}

/** The kept order applied to the members of now: gone ones drop out, new ones stand at the end. */
export function inOrder(
  members: readonly PoolMember[],
  order: readonly string[],
  known: ReadonlySet<string>,
): PoolMember[] {
  const byId = new Map(members.map((member) => [member.id, member]));
  const kept = order.flatMap((id) => byId.get(id) ?? []);
  return [...kept, ...members.filter((member) => !known.has(member.id))];
}

/** How many rows would come, go or move if the order were made anew. */
export function countMoves(before: readonly string[], after: readonly string[]): number {
  const place = new Map(before.map((id, at) => [id, at]));
  const stay = new Set(after);
  const gone = before.filter((id) => !stay.has(id)).length;
  const common = before.filter((id) => stay.has(id));
  const now = after.filter((id) => place.has(id));
  return gone + (after.length - now.length) + now.filter((id, at) => common[at] !== id).length;
}
