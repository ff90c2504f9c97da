import { compact, flag, oneOf, type RawSearch, text } from "../../lib/search";

export const KEY_DIALOGS = ["edit", "rotate", "zones", "delete"] as const;
export type KeyDialog = (typeof KEY_DIALOGS)[number];

/** `add`: the dialog for a new key is open. `key` and `do`: a dialog about that key. */
export const apiProvidersSearch = (raw: RawSearch): { add?: true; key?: string; do?: KeyDialog } =>
  compact({ add: flag(raw, "add"), key: text(raw, "key", 36), do: oneOf(raw, "do", KEY_DIALOGS) });

export const NAME_STATES = ["in_sync", "drift", "conflict", "error", "unknown"] as const;
export type NameStateCode = (typeof NAME_STATES)[number];

/** The list of names: `q` filters by name or pool, `state` by state. */
export const namesSearch = (raw: RawSearch): { q?: string; state?: NameStateCode; sort?: string } =>
  compact({ q: text(raw, "q"), state: oneOf(raw, "state", NAME_STATES), sort: text(raw, "sort", 40) });

export const NAME_DIALOGS = ["key", "adopt", "disconnect"] as const;

/** `do`: the dialog that is open on a pool's DNS page. */
export const managedDnsSearch = (raw: RawSearch): { do?: (typeof NAME_DIALOGS)[number] } =>
  compact({ do: oneOf(raw, "do", NAME_DIALOGS) });
