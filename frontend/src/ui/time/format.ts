import type { Zone } from "./zone";

const made = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}${JSON.stringify(options)}`;
  let found = made.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat("en-GB", { ...options, ...(zone === "utc" ? { timeZone: "UTC" } : {}) });
    made.set(key, found);
  }
  return found;
}

/** "18:24:07" */
export const clockText = (at: number, zone: Zone): string =>
  formatter(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(at);

/** "25 Nov 2026, 18:24:07" */
export const momentText = (at: number, zone: Zone): string =>
  formatter(zone, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(at);

/** "25 Nov 2026" */
export const dayText = (at: number, zone: Zone): string =>
  formatter(zone, { day: "numeric", month: "short", year: "numeric" }).format(at);

/** The zone's short name at that moment: "UTC", "CET", "GMT-3". */
export function zoneName(at: number, zone: Zone): string {
  if (zone === "utc") return "UTC";
  const parts = formatter(zone, { timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local";
}
