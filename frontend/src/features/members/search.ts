import { compact, flag, oneOf, type RawSearch, text } from "../../lib/search";

export const MEMBER_STATES = ["fresh", "late", "down", "unknown"] as const;
export type MemberState = (typeof MEMBER_STATES)[number];

/** What the member tables keep in their address. */
export const membersSearch = (raw: RawSearch): { q?: string; state?: MemberState; sort?: string; add?: true } =>
  compact({
    q: text(raw, "q"),
    state: oneOf(raw, "state", MEMBER_STATES),
    sort: text(raw, "sort", 40),
    add: flag(raw, "add"),
  });
