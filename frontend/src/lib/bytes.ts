const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Decimal units, as disks and networks are sold: 4_100_000 → "4.1 MB". */
export function bytes(count: number): string {
  let value = Math.max(0, count);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
