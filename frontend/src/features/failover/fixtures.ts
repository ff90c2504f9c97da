import type { Failover, Overview, PoolMember } from "../../api/pool";
import type { Candidate, Decision } from "./decisionWords";
import type { FailoverEvent, Incident } from "./eventQueries";

// What tests of this room show, as the server gives it.
export const POOL = "0192f0aa-0000-7000-8000-0000000000aa";
export const AMS = "0192f0aa-0000-7000-8000-0000000000b1";
export const FRA = "0192f0aa-0000-7000-8000-0000000000b2";
export const EVENT = "0192f0aa-0000-7000-8000-0000000000e1";

export const aMember = (given: Partial<PoolMember> = {}): PoolMember => ({
  id: AMS,
  poolId: POOL,
  hostname: "ams1.example.com",
  displayName: "edge-ams-1",
  template: "haproxy_edge",
  linuxFamily: "debian",
  allowedIps: ["203.0.113.10"],
  publicIps: ["203.0.113.10"],
  priority: 100,
  neverPromote: false,
  maintenance: false,
  location: null,
  active: false,
  secretPending: false,
  createdAt: "2026-11-25T10:00:00+00:00",
  firstSeenAt: null,
  heartbeat: null,
  strip: null,
  metrics: null,
  haproxyVersion: null,
  osName: null,
  uptimeSec: null,
  agentOutdated: false,
  ...given,
});

export const twoMembers = [
  aMember({ active: true }),
  aMember({ id: FRA, displayName: "edge-fra-1", hostname: "fra1.example.com" }),
];

export const anOverview = (members = twoMembers, pool: Partial<Overview["pool"]> = {}): Overview => ({
  pool: {
    id: POOL,
    name: "production-edge",
    template: "haproxy",
    activeMemberId: AMS,
    activeSince: null,
    epoch: 1,
    createdAt: "2026-11-25T10:00:00+00:00",
    ...pool,
  },
  health: { members: members.length, fresh: members.length, late: 0, down: 0, unknown: 0 },
  liveness: "known",
  recoverySec: 30,
  agentLatestVersion: 1,
  members,
});

export const aCandidate = (given: Partial<Candidate> = {}): Candidate => ({
  memberId: AMS,
  name: "edge-ams-1",
  active: true,
  health: "healthy",
  ready: true,
  heartbeatAgeSec: 0.4,
  silenceSec: 0.4,
  addresses: { A: ["203.0.113.10"] },
  gates: [{ name: "heartbeat", passed: true, blocking: true, reason: "Heard 0.4 s ago." }],
  votes: [],
  ...given,
});

export const aDecision = (given: Partial<Decision> = {}): Decision => ({
  kind: "stay",
  reason: "healthy",
  sentences: ["edge-ams-1 was heard 0.4 s ago."],
  toMemberId: null,
  members: [aCandidate(), aCandidate({ memberId: FRA, name: "edge-fra-1", active: false })],
  weather: {},
  ...given,
});

export const aFailover = (given: Partial<Failover> = {}): Failover => ({
  auto: true,
  recoverySec: 30,
  backoffCapSec: 10,
  probe: { kind: "none", port: 443, path: "/", hostHeader: null },
  failback: "manual",
  preferredMemberId: null,
  stableSec: 300,
  bannerSec: 7200,
  revision: 3,
  maintenance: { paused: false, until: null, reason: "" },
  acknowledgedAt: null,
  activeMemberId: AMS,
  activeSince: null,
  epoch: 1,
  lastFailoverAt: null,
  banner: false,
  switching: false,
  holds: [],
  decision: aDecision(),
  ...given,
});

export const anEvent = (given: Partial<FailoverEvent> = {}): FailoverEvent => ({
  id: EVENT,
  poolId: POOL,
  epoch: 2,
  kind: "automatic",
  state: "done",
  reason: "silent",
  sentences: ["edge-ams-1 was silent for 30.1 s, the limit is 30.1 s."],
  fromMemberId: AMS,
  fromName: "edge-ams-1",
  fromAddresses: { A: ["203.0.113.10"] },
  toMemberId: FRA,
  toName: "edge-fra-1",
  toAddresses: { A: ["203.0.113.20"] },
  orderedBy: "control plane",
  createdAt: "2026-11-25T18:00:00.000+00:00",
  finishedAt: "2026-11-25T18:00:00.300+00:00",
  ...given,
});

const evidenceMember = (memberId: string, name: string, silenceSec: number) => ({
  memberId,
  name,
  heartbeatAgeSec: silenceSec,
  silenceSec,
  haproxy: { monitored: true, active: true, inactiveReports: 0 },
  addresses: { A: ["203.0.113.20"] },
  votes: [{ by: "control plane", ok: false, ageSec: 1, millis: null, error: "timeout" }],
  ready: silenceSec < 10,
  gates: [{ name: "heartbeat", passed: silenceSec < 10, blocking: true, reason: `Heard ${silenceSec} s ago.` }],
});

export const anIncident = (given: Partial<Incident> = {}): Incident => ({
  ...anEvent(given),
  evidence: {
    recoverySec: 30,
    probe: "none",
    weather: { blackout: null, goodForSec: 100, lockDelaySec: 0, massSilence: null, promotionsLast10Min: 0 },
    members: [evidenceMember(AMS, "edge-ams-1", 30.1), evidenceMember(FRA, "edge-fra-1", 0.2)],
  },
  timeline: [
    {
      at: "2026-11-25T17:55:00+00:00",
      kind: "audit.failover.settings_changed",
      text: "ada: failover.settings_changed",
      details: {},
    },
    { at: "2026-11-25T18:00:00.000+00:00", kind: "failover.decided", text: "edge-ams-1 was silent.", details: {} },
    {
      at: "2026-11-25T18:00:00.100+00:00",
      kind: "dns.written",
      text: "www.example.com: A 203.0.113.10 → 203.0.113.20",
      details: {},
    },
    {
      at: "2026-11-25T18:00:00.200+00:00",
      kind: "news.job.progressed",
      text: "job.progressed",
      details: { percent: 1 },
    },
    {
      at: "2026-11-25T18:00:00.300+00:00",
      kind: "failover.done",
      text: "The record points at edge-fra-1.",
      details: {},
    },
  ],
  ...given,
});
