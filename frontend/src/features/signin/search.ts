import { compact, type RawSearch, text } from "../../lib/search";

/** `next`: the page to return to. `token`: of a mailed link. */
export const signInSearch = (raw: RawSearch): { next?: string; token?: string; email?: string } =>
  compact({ next: text(raw, "next", 2000), token: text(raw, "token"), email: text(raw, "email", 254) });
