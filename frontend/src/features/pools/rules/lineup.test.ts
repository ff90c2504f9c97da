import { expect, test } from "vitest";
import { AMS, candidate, FRA, failover, gate, LON, member, trio } from "../fixtures";
import { addressList, gateWords, lineup, shownAddress } from "./lineup";

const order = (places: ReturnType<typeof lineup>) => places.map((place) => [place.member.id, place.order]);

test("the active member comes first, then ready standbys, then those that cannot take over", () => {
  const { members, candidates } = trio();
  expect(order(lineup(members, failover(candidates)))).toEqual([
    [FRA, null],
    [AMS, 1],
    [LON, null],
  ]);
});

test("the operator's priority decides before warnings do", () => {
  const warned = candidate(LON, { gates: [gate("clock", "Its clock is off.", { blocking: false })] });
  const members = [member(FRA), member(AMS), member(LON, { priority: 10 })];
  expect(order(lineup(members, failover([candidate(FRA), candidate(AMS), warned])))).toEqual([
    [FRA, null],
    [LON, 1],
    [AMS, 2],
  ]);
});

test("of two with the same priority the one without warnings is next", () => {
  const warned = candidate(AMS, { gates: [gate("clock", "Its clock is off.", { blocking: false })] });
  const places = lineup([member(FRA), member(AMS), member(LON)], failover([candidate(FRA), warned, candidate(LON)]));
  expect(places[1]?.member.id).toBe(LON);
});

test("a member that the decision does not know yet is neither ready nor blamed", () => {
  const [place] = lineup([member(AMS)], failover([]));
  expect(place).toMatchObject({ candidate: null, ready: false, order: null, blockers: [] });
});

test("before the decision is read the overview says who is active", () => {
  expect(lineup([member(AMS), member(FRA, { active: true })], undefined)[0]?.member.id).toBe(FRA);
});

test("IPv4 comes before IPv6 in a list of addresses", () => {
  expect(addressList({ AAAA: ["2001:db8::1"], A: ["192.0.2.1"] })).toEqual(["192.0.2.1", "2001:db8::1"]);
  expect(addressList(null)).toEqual([]);
});

test("the address shown is the one that would be published", () => {
  const [place] = lineup([member(AMS, { publicIps: ["192.0.2.200"] })], failover([candidate(AMS)]));
  expect(place && shownAddress(place)).toBe("198.51.100.24");
});

test("a heartbeat check that failed does not read like a passed one", () => {
  expect(gateWords(gate("heartbeat", "Heard 24.8 s ago."))).toBe("Its last heartbeat is too old. Heard 24.8 s ago.");
  expect(gateWords(gate("haproxy", "HAProxy is not active."))).toBe("HAProxy is not active.");
});
