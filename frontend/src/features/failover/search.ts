import { compact, flag, type RawSearch, text } from "../../lib/search";

export interface FailoverSearch {
  /** The link leads to the panel What if. */
  whatif?: true;
  /** Members that the panel takes as dead, separated by commas. */
  dead?: string;
}

export const failoverSearch = (raw: RawSearch): FailoverSearch =>
  compact({ whatif: flag(raw, "whatif"), dead: text(raw, "dead", 3700) });

export const deadList = (search: FailoverSearch): string[] =>
  (search.dead ?? "").split(",").filter((id) => /^[0-9a-f-]{36}$/.test(id));
