import { compact, flag, oneOf, type RawSearch, text } from "../../lib/search";

export const MEMBER_STATES = ["fresh", "late", "down", "unknown"] as const;
export type MemberState = (typeof MEMBER_STATES)[number];

/** What the member tables keep in their address. `cols` names the columns that are shown, when not the usual ones. */
export const membersSearch = (
  raw: RawSearch,
): { q?: string; state?: MemberState; sort?: string; cols?: string; add?: true } =>
  compact({
    q: text(raw, "q"),
    state: oneOf(raw, "state", MEMBER_STATES),
    sort: text(raw, "sort", 40),
    cols: text(raw, "cols", 200),
    add: flag(raw, "add"),
  });

export const RANGES = ["10min", "6h", "30d"] as const;
export type Range = (typeof RANGES)[number];
export const METRICS = ["cpu", "memory", "disk", "load", "sessions"] as const;
export type Metric = (typeof METRICS)[number];

/** The control panel: what the chart shows, and the command whose dialog is open. */
export const panelSearch = (raw: RawSearch): { range?: Range; metric?: Metric; order?: string } =>
  compact({
    range: oneOf(raw, "range", RANGES),
    metric: oneOf(raw, "metric", METRICS),
    order: text(raw, "order", 64),
  });
