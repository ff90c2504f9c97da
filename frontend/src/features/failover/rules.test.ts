import { expect, test } from "vitest";
import { decisionWords, inOrder } from "./decisionWords";
import { addressText, tookText } from "./eventWords";
import { readEvidence } from "./evidence";
import { AMS, aCandidate, aDecision, aFailover, anIncident, FRA } from "./fixtures";
import { linesOf, ofTheMove } from "./incidentLines";
import { inFailoverOrder, moved } from "./order";
import { deadList, failoverSearch } from "./search";
import { changeOf, clashes, valuesOf, worstCase, wrongSettings } from "./settingsForm";
import { whyIdle } from "./settingsWords";
import { stepsOf } from "./stepTimes";

const before = valuesOf(aFailover());

test("only what was changed is sent", () => {
  expect(changeOf(before, before)).toEqual({});
  expect(changeOf(before, { ...before, recoverySec: 60 })).toEqual({ recoverySec: 60 });
});

test("a probe is sent whole, and only with what its kind needs", () => {
  const tcp = { ...before, probeKind: "tcp", probePort: 8443, probeHost: "www.example.com" };
  expect(changeOf(before, tcp)).toEqual({ probe: { kind: "tcp", port: 8443, hostHeader: null } });
  const http = { ...before, probeKind: "http", probePath: "/healthz", probeHost: "www.example.com" };
  expect(changeOf(before, http)).toEqual({
    probe: { kind: "http", port: 443, path: "/healthz", hostHeader: "www.example.com" },
  });
});

test("impossible values are told at their fields", () => {
  expect(wrongSettings({ ...before, recoverySec: 9 })).toHaveProperty("recoverySec");
  expect(wrongSettings({ ...before, recoverySec: "" })).toHaveProperty("recoverySec");
  expect(wrongSettings({ ...before, probeKind: "http", probePath: "no slash" })).toHaveProperty("probePath");
  expect(wrongSettings({ ...before, failback: "auto" })).toHaveProperty("preferredMemberId");
  expect(wrongSettings(before)).toEqual({});
});

test("a clash is only what both changed, and differently", () => {
  const mine = { ...before, recoverySec: 60 };
  expect(clashes(before, { ...before, recoverySec: 10 }, mine)).toMatchObject([{ theirs: 10, yours: 60 }]);
  expect(clashes(before, { ...before, recoverySec: 60 }, mine)).toEqual([]);
  expect(clashes(before, before, mine)).toEqual([]);
});

test("the worst case is the sum that it shows", () => {
  expect(worstCase(30, 60)).toMatch(/waits 98 s/);
  expect(worstCase(30, null)).toMatch(/no record would move/);
});

test("why nothing can happen yet is said, each reason", () => {
  expect(whyIdle(1, true)).toHaveLength(2);
  expect(whyIdle(2, false)).toEqual([]);
});

test("moving a member up renumbers those that stand wrong, and no other", () => {
  const list = ["a", "b", "c"].map((id) => ({ id, priority: 100 }));
  expect([...moved(list, 2, 0)]).toEqual([
    ["c", 10],
    ["a", 20],
    ["b", 30],
  ]);
  const numbered = [
    { id: "a", priority: 10 },
    { id: "b", priority: 20 },
    { id: "c", priority: 30 },
  ];
  expect([...moved(numbered, 1, 2)]).toEqual([
    ["c", 20],
    ["b", 30],
  ]);
});

test("after a move the list stands as wanted, also for many members", () => {
  const list = Array.from({ length: 400 }, (_, n) => ({ id: `m${n}`, priority: 100 }));
  const changes = moved(list, 399, 0);
  const after = inFailoverOrder(list.map((one) => ({ ...one, priority: changes.get(one.id) ?? one.priority })));
  expect(after[0]?.id).toBe("m399");
});

test("a decision is one line, by its kind and reason", () => {
  expect(decisionWords(aDecision()).tone).toBe("ok");
  expect(decisionWords(aDecision({ reason: "auto_off" })).text).toMatch(/off/);
  expect(decisionWords(aDecision({ kind: "promote", toMemberId: FRA })).text).toBe("Traffic would move to edge-fra-1.");
  expect(decisionWords(aDecision({ kind: "no_candidate", reason: "single_member" })).tone).toBe("down");
  expect(decisionWords(aDecision({ kind: "hold", reason: "mass_silence" })).tone).toBe("late");
});

test("the active member stands first, then those that are ready", () => {
  const names = inOrder([
    aCandidate({ memberId: "1", name: "c", active: false, ready: false }),
    aCandidate({ memberId: "2", name: "b", active: false }),
    aCandidate({ memberId: "3", name: "z" }),
  ]).map((member) => member.name);
  expect(names).toEqual(["z", "b", "c"]);
});

test("where the time went: silence, the way to the write, the way to the read-back", () => {
  const incident = anIncident();
  const steps = stepsOf(incident, readEvidence(incident.evidence));
  expect(steps.map((step) => step.sec)).toEqual([30.1, 0.1, 0.2]);
});

test("a manual move has no silence, and an unfinished one no end", () => {
  const incident = anIncident({ kind: "manual", reason: "manual", finishedAt: null, state: "switching" });
  expect(stepsOf(incident, readEvidence(incident.evidence)).map((step) => step.name)).toEqual([
    "Decision to the write at the provider",
  ]);
});

test("evidence of an older event may lack anything", () => {
  expect(readEvidence({})).toBeNull();
  const found = readEvidence({ members: [{ name: "x" }, 7], weather: "fog" });
  expect(found?.members[0]).toMatchObject({ name: "x", silenceSec: null, gates: [], ready: false });
  expect(found?.weather).toEqual([]);
});

test("the timeline is in order, with the mails, and without what is told twice", () => {
  const incident = anIncident();
  incident.timeline.push({
    at: "2026-11-25T18:00:02+00:00",
    kind: "message.sent",
    text: "Failover: edge moves to edge-ams-1",
    details: { channelKind: "email", recipient: "ops@example.com", lastError: null },
  });
  const all = linesOf(incident);
  expect(all.map((line) => line.lane)).toEqual(["people", "beat", "move", "dns", "move", "mail"]);
  expect(all.at(-1)?.text).toBe("Email to ops@example.com: “Failover: edge moves to edge-ams-1” was sent.");
  expect(ofTheMove(all, incident).map((line) => line.lane)).toEqual(["beat", "move", "dns", "move", "mail"]);
});

test("addresses and durations are words", () => {
  expect(addressText({ A: ["203.0.113.1"], AAAA: ["2001:db8::1"] })).toBe("203.0.113.1 and 2001:db8::1");
  expect(addressText({})).toBe("–");
  expect(tookText(anIncident())).toBe("0.3 s");
});

test("an address with nonsense after it opens the panel without anybody dead", () => {
  expect(deadList(failoverSearch({ whatif: "", dead: `${AMS},<script>` }))).toEqual([AMS]);
  expect(failoverSearch({ whatif: "" })).toEqual({ whatif: true });
});
