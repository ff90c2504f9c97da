/** What the switch does, as it stands. */
export function autoWords(auto: boolean, recoverySec: number): string {
  if (!auto) return "Off: when the active member dies, nothing moves until a person makes another one active.";
  const after = Number.isFinite(recoverySec) && recoverySec > 0 ? `${recoverySec} s of silence` : "the recovery time";
  return `On: after ${after}, or three reports in a row that HAProxy is down, the first ready standby becomes active and the record is pointed at it.`;
}

/** Why automatic failover cannot do anything yet (FO-16), even when it is on. */
export function whyIdle(members: number, noDns: boolean): string[] {
  const why: string[] = [];
  if (members === 0) why.push("The pool has no members: add two.");
  if (members === 1) why.push("The pool has one member: without a standby nothing can move.");
  if (noDns) why.push("No DNS is connected: set it up on the tab Managed DNS, or no record follows.");
  return why;
}
