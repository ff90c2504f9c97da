// The server's clock, as its answers tell it: a browser that is an hour off still says "2 min ago" rightly.
let offsetMs = 0;

/** Learn from the Date header of an answer. It has whole seconds, so half a second off is nothing. */
export function learnServerTime(header: string | null): void {
  const told = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(told)) return;
  const found = told - Date.now();
  offsetMs = Math.abs(found) > 1500 ? found : 0;
}

/** Now in milliseconds since 1970, by the server's clock. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}
