import { compact, flag, oneOf, type RawSearch, text } from "../../lib/search";

export const DELIVERY_STATES = ["waiting", "sent", "failed", "dropped"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** `add`: the dialog for a new channel is open. `edit`, `remove`: the dialog for this channel. `status`, `channel`: filters of the log. */
export const channelsSearch = (
  raw: RawSearch,
): { add?: true; edit?: string; remove?: string; status?: DeliveryState; channel?: string } =>
  compact({
    add: flag(raw, "add"),
    edit: text(raw, "edit", 36),
    remove: text(raw, "remove", 36),
    status: oneOf(raw, "status", DELIVERY_STATES),
    channel: text(raw, "channel", 36),
  });

/** The Monitoring page of a pool: `add` and `edit` open the dialogs of channels. */
export const monitoringSearch = (raw: RawSearch): { add?: true; edit?: string } =>
  compact({ add: flag(raw, "add"), edit: text(raw, "edit", 36) });
