/** How fresh the page is, for the header and for buttons that need the truth. Times are milliseconds of Date.now(). */
export type StreamStatus =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "reconnecting"; retryAt: number; since: number }
  | { kind: "offline"; since: number };

/** After this long without the stream, pages ask by themselves. */
export const POLL_AFTER_MS = 10_000;
export const POLL_EVERY_MS = 5_000;
/** After this long the header stops promising. */
export const OFFLINE_AFTER_MS = 30_000;

/** Between a half and the whole of 1, 2, 4 … 15 s, by chance: a thousand browsers do not come back at once. */
export function retryDelayMs(failures: number, chance: () => number = Math.random): number {
  const longest = Math.min(15_000, 1000 * 2 ** Math.min(failures, 6));
  return longest * (0.5 + chance() / 2);
}
