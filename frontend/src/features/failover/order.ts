export interface Placed {
  id: string;
  priority: number;
}

/** By priority, lower first; equal ones keep the order in which they are given. */
export const inFailoverOrder = <Member extends Placed>(members: readonly Member[]): Member[] =>
  [...members].sort((a, b) => a.priority - b.priority);

const STEP = 10;
const HIGHEST = 1000;

/**
 * The priorities to change so that `from` stands at `to`. Members that stand right already keep theirs; numbers leave room
 * between them as long as there is some.
 */
export function moved(ordered: readonly Placed[], from: number, to: number): Map<string, number> {
  const wanted = [...ordered];
  const [one] = wanted.splice(from, 1);
  if (one === undefined) return new Map();
  wanted.splice(to, 0, one);
  const step = Math.max(1, Math.min(STEP, Math.floor(HIGHEST / wanted.length)));
  const changes = new Map<string, number>();
  wanted.forEach((member, place) => {
    const priority = Math.min(HIGHEST, (place + 1) * step);
    if (member.priority !== priority) changes.set(member.id, priority);
  });
  return changes;
}
