import { useEffect, useMemo, useState } from "react";
import type { PoolMember } from "../../../api/pool";
import { countMoves, inOrder, orderNow, type Wish } from "./rows";

const LOOK_EVERY_MS = 2000;

interface Kept {
  key: string;
  order: string[];
  known: Set<string>;
}

/**
 * Rows in an order that was made when it was asked for and stays still: nothing moves under the pointer. `changes` says
 * how many rows stand elsewhere by now, and `again` makes the order anew.
 */
export function useStillOrder(members: readonly PoolMember[], wish: Wish) {
  const { state, sort } = wish;
  const key = `${state ?? ""}|${sort.id}|${sort.desc}`;
  const make = (): Kept => ({
    key,
    order: orderNow(members, wish),
    known: new Set(members.map((member) => member.id)),
  });
  const [kept, setKept] = useState(make);
  const [changes, setChanges] = useState(0);
  if (kept.key !== key || (kept.known.size === 0 && members.length > 0)) {
    setKept(make());
    setChanges(0);
  }
  const { id, desc } = sort;
  useEffect(() => {
    const look = () => setChanges(countMoves(kept.order, orderNow(members, { state, sort: { id, desc } })));
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [kept, members, state, id, desc]);
  const rows = useMemo(() => inOrder(members, kept.order, kept.known), [members, kept]);
  return {
    rows,
    changes,
    again: () => {
      setKept(make());
      setChanges(0);
    },
  };
}
