import { expect, test } from "vitest";
import { AMS, candidate, dns, FRA, failover, gate, LON, member, trio } from "../fixtures";
import { activeOf, lineup } from "../rules/lineup";
import { boundSentence, cannotTake, firstTarget, needsForce, recordChange } from "./change";

const { members, candidates } = trio();
const places = lineup(members, failover(candidates));
const at = (id: string, from = places) => {
  const found = from.find((place) => place.member.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};

test("the record before and after, by type", () => {
  expect(recordChange(dns(), activeOf(places), at(AMS))).toEqual([
    { type: "A", before: ["203.0.113.10"], after: ["198.51.100.24"] },
  ]);
});
test("a type that only one of both has is listed as going or coming", () => {
  const both = dns({ observed: { A: ["203.0.113.10"], AAAA: ["2001:db8::1"] } });
  expect(recordChange(both, activeOf(places), at(AMS))[1]).toEqual({
    type: "AAAA",
    before: ["2001:db8::1"],
    after: [],
  });
});
test("without DNS the addresses of the active member stand for the record", () => {
  expect(recordChange(null, activeOf(places), at(AMS))[0]?.before).toEqual(["203.0.113.10"]);
});
test("next is the first ready standby, a named one is kept, the active one never is", () => {
  expect(firstTarget("next", places)).toBe(AMS);
  expect(firstTarget(LON, places)).toBe(LON);
  expect(firstTarget(FRA, places)).toBe(AMS);
  expect(firstTarget("someone else", lineup([member(FRA)], failover([candidate(FRA)])))).toBeNull();
});
test("a member that is not ready needs the extra tick, one that only ran for a short time does not", () => {
  expect(needsForce(at(LON), activeOf(places))).toBe(true);
  const short = lineup(
    [member(FRA), member(AMS)],
    failover([
      candidate(FRA),
      candidate(AMS, { ready: false, gates: [gate("unbroken", "Heartbeats without a gap for 4 s.")] }),
    ]),
  );
  expect(needsForce(at(AMS, short), activeOf(short))).toBe(false);
});
test("before the first activation nothing needs force", () => {
  expect(needsForce(at(LON), undefined)).toBe(false);
});
test("a member without a publishable address cannot take traffic, and force would not help", () => {
  const bare = lineup(
    [member(AMS)],
    failover([candidate(AMS, { ready: false, addresses: {}, gates: [gate("address", "No address is approved.")] })]),
  );
  expect(cannotTake(at(AMS, bare))).toContain("No address is approved.");
  expect(cannotTake(at(AMS))).toBeNull();
});
test("how long clients may come to the old address depends on TTL and proxy", () => {
  expect(boundSentence(dns({ ttlBoundSec: 300 }))).toContain("up to 5 min");
  expect(boundSentence(dns({ proxied: true }))).toContain("within seconds");
});
