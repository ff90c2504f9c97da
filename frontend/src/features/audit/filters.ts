import type { Zone } from "../../ui/time/zone";
import type { AuditSearch } from "./search";

export interface AuditQuery {
  action?: string;
  actor?: string;
  targetType?: string;
  targetId?: string;
  since?: string;
  until?: string;
}

const TYPE = /^[a-z][a-z_]*$/;

/** The filters of the address as the API takes them. Times that are none are left out rather than refused. */
export function queryOf(search: AuditSearch): AuditQuery {
  const since = moment(search.since);
  const until = moment(search.until);
  return {
    ...(search.action ? { action: search.action } : {}),
    ...(search.actor ? { actor: search.actor } : {}),
    ...targetOf(search.target),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  };
}

function targetOf(target: string | undefined): Pick<AuditQuery, "targetType" | "targetId"> {
  if (!target) return {};
  const colon = target.indexOf(":");
  const before = colon < 0 ? target : target.slice(0, colon);
  if (!TYPE.test(before)) return { targetId: target };
  const id = colon < 0 ? "" : target.slice(colon + 1);
  return { targetType: before, ...(id ? { targetId: id } : {}) };
}

const moment = (text: string | undefined): string | null =>
  text !== undefined && Number.isFinite(Date.parse(text)) ? new Date(Date.parse(text)).toISOString() : null;

/** A file of what the filters show. The browser sends the session's cookie with the link. */
export function exportHref(search: AuditSearch, format: "json" | "csv"): string {
  const words = new URLSearchParams({ format, ...queryOf(search) });
  return `/api/audit/export?${words.toString()}`;
}

/** "2026-11-25T18:24", as an input for date and time wants it, in the zone of the page. */
export function fieldTime(iso: string | undefined, zone: Zone): string {
  const at = iso === undefined ? Number.NaN : Date.parse(iso);
  if (!Number.isFinite(at)) return "";
  const shift = zone === "utc" ? 0 : new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - shift).toISOString().slice(0, 16);
}

/** What was typed in that field, as a moment. */
export function typedTime(text: string, zone: Zone): string | undefined {
  if (text === "") return undefined;
  const at = Date.parse(zone === "utc" ? `${text}Z` : text);
  return Number.isFinite(at) ? new Date(at).toISOString() : undefined;
}
