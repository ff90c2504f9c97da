import type { Wire } from "../../../api/client";

export interface Series {
  /** Oldest first, one a minute or so; null where nothing is known. */
  values: (number | null)[];
  peak: number | null;
  least: number | null;
  /** The upper end of the scale: a round number. */
  top: number;
  /** Seconds since 1970. */
  from: number;
  until: number;
}

const HOUR_SEC = 3600;
const BUCKETS = 90;

/** The last hour of a member's history, in as many steps as a small chart can show; each keeps its highest value. */
export function lastHour(history: Pick<Wire<"HistoryOut">, "columns" | "rows">): Series {
  const at = history.columns.indexOf("at");
  const sessions = history.columns.indexOf("sessions");
  const samples = history.rows.flatMap((row) => {
    const [when, value] = [row[at], row[sessions]];
    return typeof when === "number" && typeof value === "number" ? [{ when, value }] : [];
  });
  const newest = history.rows.reduce((latest, row) => Math.max(latest, Number(row[at]) || 0), 0);
  const from = newest - HOUR_SEC;
  const values: (number | null)[] = Array.from({ length: BUCKETS }, () => null);
  for (const { when, value } of samples) {
    if (when < from) continue;
    const place = Math.min(BUCKETS - 1, Math.floor(((when - from) / HOUR_SEC) * BUCKETS));
    values[place] = Math.max(values[place] ?? 0, value);
  }
  const known = values.filter((value): value is number => value !== null);
  const peak = known.length > 0 ? Math.max(...known) : null;
  return {
    values,
    peak,
    least: known.length > 0 ? Math.min(...known) : null,
    top: roundUp(peak ?? 0),
    from,
    until: newest,
  };
}

/** The next number that reads well at the end of a scale: 1, 2 or 5 with zeros. */
export function roundUp(value: number): number {
  if (value <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
