import { compact, flag, oneOf, type RawSearch, text } from "../../lib/search";

export interface PoolsSearch {
  /** The dialog Add pool is open. */
  new?: true;
  /** A part of a name. */
  q?: string;
  template?: "haproxy" | "generic";
}
export const poolsSearch = (raw: RawSearch): PoolsSearch =>
  compact({
    new: flag(raw, "new"),
    q: text(raw, "q"),
    template: oneOf(raw, "template", ["haproxy", "generic"] as const),
  });

export interface PoolSearch {
  /** The dialog Add member is open. */
  add?: true;
  /** The dialog Cut DNS is open, for this member or, with "next", for the next ready one. */
  cut?: string;
  whatif?: true;
  /** The dialog Update agents is open. */
  update?: true;
  /** Filters of the server tiles. */
  state?: "ok" | "late" | "down" | "idle";
  stack?: string;
}
export const poolSearch = (raw: RawSearch): PoolSearch =>
  compact({
    add: flag(raw, "add"),
    cut: text(raw, "cut", 36),
    whatif: flag(raw, "whatif"),
    update: flag(raw, "update"),
    state: oneOf(raw, "state", ["ok", "late", "down", "idle"] as const),
    stack: text(raw, "stack", 40),
  });
