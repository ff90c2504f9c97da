const UNITS: readonly [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
];

/** A length of time in the coarsest fitting unit: "0.6 s", "14 s", "6 min", "3 h", "18 d". */
export function short(seconds: number): string {
  const value = Math.max(0, seconds);
  if (value < 9.95) return `${value.toFixed(1)} s`;
  for (const [unit, size] of UNITS) if (value >= size) return `${Math.floor(value / size)} ${unit}`;
  return `${Math.round(value)} s`;
}

/** With two units where the second says something: "41 d 6 h", "2 min 5 s". */
export function long(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const sizes: readonly [string, number][] = [...UNITS, ["s", 1]];
  const place = sizes.findIndex(([, size]) => whole >= size);
  const first = sizes[place];
  if (first === undefined) return "0 s";
  const rest = whole % first[1];
  const second = sizes[place + 1];
  const more = second ? Math.floor(rest / second[1]) : 0;
  return `${Math.floor(whole / first[1])} ${first[0]}${second && more > 0 ? ` ${more} ${second[0]}` : ""}`;
}

/** A setting in plain words: 90 → "90 s", 300 → "5 min", 7200 → "2 h". */
export function exact(seconds: number): string {
  for (const [unit, size] of UNITS) if (seconds >= size * 2 && seconds % size === 0) return `${seconds / size} ${unit}`;
  return `${seconds} s`;
}
