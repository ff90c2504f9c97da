import { expect, test } from "vitest";
import type { AttentionItem } from "../../api/attention";
import { fleetSplit, fleetVerdict } from "./verdict";

const pool = (fresh: number, down = 0) => ({
  health: { members: fresh + down, fresh, late: 0, down, unknown: 0 },
});
const item = (more: Partial<AttentionItem>): AttentionItem => ({
  severity: "critical",
  kind: "member_down",
  text: "The active member edge-1 is not heard any more.",
  fix: "Look at the host.",
  link: "/pools/p",
  poolId: "p",
  poolName: "edge",
  memberId: null,
  memberName: null,
  since: null,
  ...more,
});
const verdict = (items: AttentionItem[], pools = [pool(3), pool(4)], more = false) =>
  fleetVerdict(pools, { items, more });

test("all members of all pools are summed up, pools without numbers are not", () => {
  expect(fleetSplit([pool(3, 1), pool(4), {}])).toEqual({ members: 8, fresh: 7, late: 0, down: 1, unknown: 0 });
});
test("with nothing to look at one may look away", () => {
  expect(verdict([])).toEqual({
    tone: "ok",
    text: "All is well",
    detail: "7 members in 2 pools, and all of them are heard.",
  });
});
test("one pool in trouble is named, several are counted", () => {
  expect(verdict([item({})])).toMatchObject({ tone: "down", text: "edge needs somebody now" });
  const two = verdict([item({}), item({ poolName: "web" })]);
  expect(two.text).toBe("2 pools need somebody now");
  expect(two.detail).toBe("The active member edge-1 is not heard any more. And 1 more.");
});
test("warnings alone do not call anybody", () => {
  expect(verdict([item({ severity: "warning" })])).toMatchObject({
    tone: "late",
    text: "Everything serves; 1 thing wants a look",
  });
});
test("not knowing is not called well and not called down", () => {
  expect(verdict([item({ kind: "liveness_unknown", text: "The heartbeat store does not answer." })]).tone).toBe("idle");
});
test("an empty account is told how to begin", () => {
  expect(verdict([], []).detail).toBe("Add the first pool to begin.");
  expect(verdict([], [pool(0)]).text).toBe("No member is enrolled yet");
});
