import { expect, test } from "vitest";
import type { LiveBeat } from "../../../api/beats";
import { AMS, candidate, dns, FRA, failover, gate, member } from "../fixtures";
import { lineup } from "./lineup";
import { memberWords } from "./memberWords";

function words(
  id: string,
  live: Partial<Pick<LiveBeat, "state" | "haproxyActive" | "sessions">> = {},
  more: { ageSec?: number; candidate?: Parameters<typeof candidate>[1]; dns?: ReturnType<typeof dns> | null } = {},
) {
  const members = [member(FRA), member(AMS)];
  const places = lineup(members, failover([candidate(FRA), candidate(AMS, more.candidate)]));
  const place = places.find((one) => one.member.id === id);
  if (!place) throw new Error(`no member ${id}`);
  return memberWords({
    place,
    live: { state: "fresh", haproxyActive: true, sessions: 1284, ...live },
    ageSec: more.ageSec ?? 0.6,
    haproxyMonitored: true,
    recoverySec: 30,
    dns: more.dns === undefined ? dns() : more.dns,
  });
}

test("the active member says what it serves", () => {
  expect(words(FRA)).toEqual({ tone: "ok", text: "Serving lb.example.com with 1,284 open sessions." });
});
test("one session is one session, and an unknown number is left out", () => {
  expect(words(FRA, { sessions: 1 }).text).toBe("Serving lb.example.com with 1 open session.");
  expect(words(FRA, { sessions: null }).text).toBe("Serving lb.example.com.");
});
test("the active member without DNS does not claim to serve a name", () => {
  expect(words(FRA, {}, { dns: null }).text).toBe("Active with 1,284 open sessions. No DNS record points here.");
});
test("a late one says how old its heartbeat is and whether it is inside the window", () => {
  expect(words(AMS, { state: "late" }, { ageSec: 14 })).toEqual({
    tone: "late",
    text: "Heartbeat is 14 s old. Still inside the 30 s failover window.",
  });
  expect(words(AMS, { state: "late" }, { ageSec: 41 }).text).toContain("Past the 30 s failover window");
});
test("a silent one says for how long", () => {
  expect(words(AMS, { state: "down" }, { ageSec: 192 })).toMatchObject({
    tone: "down",
    text: "No heartbeat for 3 min 12 s. Check that the host and its agent run.",
  });
});
test("a host that is heard while HAProxy is not running says just that", () => {
  expect(words(AMS, { haproxyActive: false })).toMatchObject({ tone: "down" });
});
test("a standby that is not ready gives the first reason", () => {
  const kept = { ready: false, gates: [gate("maintenance", "The member is in maintenance.")] };
  expect(words(AMS, {}, { candidate: kept }).text).toBe("Not ready. The member is in maintenance.");
});
test("a ready standby tells its first warning along", () => {
  const warned = { gates: [gate("certificate", "Its certificate expires in 5 days.", { blocking: false })] };
  expect(words(AMS, {}, { candidate: warned })).toEqual({
    tone: "ok",
    text: "Ready to take over. Its certificate expires in 5 days.",
  });
});
test("nothing is invented about a member of which nothing is known", () => {
  expect(words(AMS, { state: "unknown" }).text).toBe("Nothing is known of it now.");
});
