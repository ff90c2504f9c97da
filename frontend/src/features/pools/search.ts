import { compact, flag, type RawSearch, text } from "../../lib/search";

/** `new`: the dialog Add pool is open. `q`: filter by name. */
export const poolsSearch = (raw: RawSearch): { new?: true; q?: string } =>
  compact({ new: flag(raw, "new"), q: text(raw, "q") });

/** `add`: the dialog Add member is open. `cut`: the dialog Cut DNS, for this member or, when empty, the next ready one. */
export const poolSearch = (raw: RawSearch): { add?: true; cut?: string; whatif?: true } =>
  compact({ add: flag(raw, "add"), cut: text(raw, "cut"), whatif: flag(raw, "whatif") });
