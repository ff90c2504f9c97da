import { describe, expect, test } from "vitest";
import { AMS, candidate, dns, FRA, failover, gate, LON, member, overview, trio } from "../fixtures";
import { type Seen, verdicts } from "./verdicts";

function seen(more: { failover?: Parameters<typeof failover>[1]; dns?: Seen["dns"]; liveness?: "unknown" } = {}): Seen {
  const { members, candidates } = trio();
  return {
    overview: { ...overview(members), ...(more.liveness ? { liveness: more.liveness } : {}) },
    failover: failover(candidates, more.failover),
    dns: more.dns === undefined ? dns() : more.dns,
  };
}
const withActive = (more: Parameters<typeof candidate>[1]): Seen => {
  const { members } = trio();
  return {
    overview: overview(members),
    failover: failover([candidate(FRA, { active: true, ...more }), candidate(AMS), candidate(LON)]),
    dns: dns(),
  };
};

describe("is traffic on the active member", () => {
  const first = (given: Seen) => verdicts(given)[0];

  test("yes, when the zone's own servers answer with its address", () => {
    expect(first(seen())).toEqual({
      tone: "ok",
      text: "Traffic is on the active member",
      detail: "DNS answer matches edge-fra-1",
    });
  });
  test("yes, with less proof, when nobody could be asked", () => {
    expect(first(seen({ dns: dns({ verified: null }) })).detail).toBe("The provider holds the address of edge-fra-1");
  });
  test("not for everybody yet while the name servers answer otherwise", () => {
    expect(first(seen({ dns: dns({ verified: false }) })).tone).toBe("late");
  });
  test("it goes to a host that is down", () => {
    const found = first(
      withActive({ health: "silent", ready: false, gates: [gate("heartbeat", "Heard 95.0 s ago.")] }),
    );
    expect(found).toMatchObject({ tone: "down", text: "Traffic goes to edge-fra-1, which is down" });
  });
  test("it goes to a host whose HAProxy does not run", () => {
    expect(first(withActive({ health: "haproxy_inactive" }))).toMatchObject({
      tone: "down",
      text: "HAProxy does not run on edge-fra-1",
    });
  });
  test("a late active member is said to be late, not down", () => {
    expect(first(withActive({ health: "late" }))).toMatchObject({
      tone: "late",
      text: "Traffic is on edge-fra-1, which is late",
    });
  });
  test("the record points at another member", () => {
    const moved = dns({ state: "drift", observed: { A: ["198.51.100.24"] } });
    expect(first(seen({ dns: moved }))).toEqual({
      tone: "down",
      text: "Traffic is not on the active member",
      detail: "lb.example.com still points at edge-ams-1.",
    });
  });
  test("the record holds something of the active member and more", () => {
    const drift = dns({ state: "drift", detail: "The TTL is 300 s.", observed: { A: ["203.0.113.10"] } });
    expect(first(seen({ dns: drift }))).toMatchObject({ tone: "late", detail: "The TTL is 300 s." });
  });
  test.each([
    ["conflict", "down"],
    ["error", "down"],
    ["unknown", "idle"],
  ] as const)("a record in the state %s is %s", (state, tone) => {
    expect(first(seen({ dns: dns({ state, detail: "why" }) }))).toMatchObject({ tone, detail: "why" });
  });
  test("the record is on its way", () => {
    expect(first(seen({ failover: { switching: true } }))).toMatchObject({
      tone: "info",
      text: "DNS is moving to edge-fra-1",
    });
  });
  test("nobody is active", () => {
    expect(first(seen({ failover: { activeMemberId: null } })).text).toBe("No member is active");
  });
  test("no DNS is connected", () => {
    expect(first(seen({ dns: null }))).toMatchObject({ tone: "idle", text: "edge-fra-1 is active" });
  });
  test("nothing is claimed while heartbeats are unknown", () => {
    expect(first(seen({ liveness: "unknown" })).tone).toBe("idle");
  });
  test("a probe that failed is never called stopped", () => {
    const blind = seen({ liveness: "unknown" });
    blind.failover.decision.members[0] = candidate(FRA, { health: "silent" });
    expect(first(blind).tone).toBe("idle");
  });
  test("an empty pool has no traffic", () => {
    const given = { ...seen(), overview: overview([]) };
    expect(first(given).text).toBe("No traffic yet");
  });
});

describe("are the standbys ready", () => {
  const second = (given: Seen) => verdicts(given)[1];

  test("some are, and the first that is not says why", () => {
    expect(second(seen())).toEqual({
      tone: "late",
      text: "1 of 2 standbys are ready",
      detail: "edge-lon-1 cannot take over: HAProxy is not active.",
    });
  });
  test("all are, and the next in line is named", () => {
    expect(second(withActive({}))).toEqual({
      tone: "ok",
      text: "Both standbys are ready",
      detail: "Next in line is edge-ams-1",
    });
  });
  test("none is", () => {
    const given = seen();
    given.failover.decision.members = [
      candidate(FRA),
      candidate(AMS, { ready: false, gates: [gate("maintenance", "The member is in maintenance.")] }),
      candidate(LON, { ready: false, gates: [] }),
    ];
    expect(second(given)).toMatchObject({ tone: "down", text: "No standby is ready" });
  });
  test("there is none", () => {
    expect(second({ ...seen(), overview: overview([member(FRA)]) }).text).toBe("There is no standby");
  });
  test("nobody knows", () => {
    expect(second(seen({ liveness: "unknown" })).tone).toBe("idle");
  });
});

describe("will DNS move by itself", () => {
  const third = (given: Seen) => verdicts(given)[2];
  const since = "2026-11-25T18:00:00Z";

  test("yes, after the recovery time, to the next in line", () => {
    expect(third(seen())).toEqual({
      tone: "ok",
      text: "DNS moves by itself after 30 s",
      detail: "Next in line is edge-ams-1",
    });
  });
  test("not with one member", () => {
    expect(third({ ...seen(), overview: overview([member(FRA)]) }).text).toBe("DNS cannot move");
  });
  test("not without DNS", () => {
    expect(third(seen({ dns: null })).text).toBe("DNS will not move");
  });
  test("not while automation is off", () => {
    expect(third(seen({ failover: { auto: false } })).text).toBe("DNS moves only by hand");
  });
  test("not during a pause, with its reason", () => {
    const maintenance = { paused: true, until: null, reason: "Kernel update" };
    expect(third(seen({ failover: { maintenance } })).detail).toBe("Kernel update");
  });
  test("a hold says its own sentence, and turns red once it was escalated", () => {
    const hold = { reason: "mass_silence", sentence: "4 of 5 fell silent together.", since, escalatedAt: null };
    expect(third(seen({ failover: { holds: [hold] } }))).toMatchObject({ tone: "late", detail: hold.sentence });
    const called = [hold, { ...hold, reason: "flapping", sentence: "It flaps.", escalatedAt: since }];
    expect(third(seen({ failover: { holds: called } }))).toMatchObject({ tone: "down", detail: "It flaps." });
  });
  test("not when the test of the DNS connection is red, with the step that failed", () => {
    const steps = [{ name: "zone", ok: false, warn: false, why: "The zone is gone.", fix: "Choose another." }];
    const broken = dns({ preflight: { at: since, colour: "red", steps } });
    expect(third(seen({ dns: broken }))).toMatchObject({ tone: "down", detail: "The zone is gone." });
  });
  test("not when nobody is ready", () => {
    const given = seen();
    given.failover.decision.members = [
      candidate(FRA),
      candidate(AMS, { ready: false }),
      candidate(LON, { ready: false }),
    ];
    expect(third(given).text).toBe("DNS would stay where it is");
  });
  test("it is about to", () => {
    const given = seen();
    given.failover.decision = { ...given.failover.decision, kind: "promote", sentences: ["edge-fra-1 was silent."] };
    expect(third(given)).toMatchObject({ tone: "info", detail: "edge-fra-1 was silent." });
  });
  test("the decision itself found nobody", () => {
    const given = seen();
    given.failover.decision = {
      ...given.failover.decision,
      kind: "no_candidate",
      sentences: ["a", "No standby is ready."],
    };
    expect(third(given)).toMatchObject({ tone: "down", detail: "No standby is ready." });
  });
});
