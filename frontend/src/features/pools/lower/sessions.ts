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

/** The last hour of one column, in as many steps as a small chart can show; each keeps its highest value. */
export function lastHour(history: Pick<Wire<"HistoryOut">, "columns" | "rows">, column: "sessions" | "cpuPct"): Series {
  const at = history.columns.indexOf("at");
  const wanted = history.columns.indexOf(column);
  const until = history.rows.reduce((latest, row) => Math.max(latest, Number(row[at]) || 0), 0);
  const from = until - HOUR_SEC;
  const values: (number | null)[] = Array.from({ length: BUCKETS }, () => null);
  for (const row of history.rows) {
    const [when, value] = [row[at], row[wanted]];
    if (typeof when !== "number" || typeof value !== "number" || when < from) continue;
    const place = Math.min(BUCKETS - 1, Math.floor(((when - from) / HOUR_SEC) * BUCKETS));
    values[place] = Math.max(values[place] ?? 0, value);
  }
  const known = values.filter((value): value is number => value !== null);
  const peak = known.length > 0 ? Math.max(...known) : null;
  const least = known.length > 0 ? Math.min(...known) : null;
  return { values, peak, least, top: column === "cpuPct" ? 100 : roundUp(peak ?? 0), from, until };
}

/** The next number that reads well at the end of a scale: 1, 2 or 5 with zeros. */
export function roundUp(value: number): number {
  if (value <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
