/** Seconds since a heartbeat. `heardAt` is on the browser's own monotonic clock, as `api/beats` keeps it. */
export function beatAgeSec(heardAt: number | null, now: number = performance.now()): number | null {
  return heardAt === null ? null : Math.max(0, (now - heardAt) / 1000);
}
