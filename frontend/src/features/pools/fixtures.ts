import type { Candidate, Failover, Overview, PoolDns, PoolMember } from "../../api/pool";
import type { FailoverEvent } from "./useLastEvent";

/** Objects as the server sends them; a test names only what matters to it. */
export const POOL = "11111111-0000-4000-8000-000000000000";
export const [FRA, AMS, LON] = ["fra", "ams", "lon"] as const;

type Gate = Candidate["gates"][number];
export const gate = (name: string, reason: string, more: Partial<Gate> = {}): Gate => ({
  name,
  reason,
  passed: false,
  blocking: true,
  ...more,
});

export function member(id: string, more: Partial<PoolMember> = {}): PoolMember {
  return {
    id,
    poolId: POOL,
    hostname: `${id}.example.net`,
    displayName: `edge-${id}-1`,
    template: "haproxy_edge",
    linuxFamily: "debian",
    allowedIps: ["203.0.113.10"],
    publicIps: [],
    priority: 100,
    neverPromote: false,
    maintenance: false,
    location: null,
    active: false,
    secretPending: false,
    createdAt: "2026-11-01T00:00:00Z",
    firstSeenAt: "2026-11-01T00:01:00Z",
    heartbeat: {
      state: "fresh",
      ageSec: 0.6,
      intervalSec: 1,
      agentVersion: 100,
      ip: "203.0.113.10",
      source: "203.0.113.10",
      stacks: ["haproxy"],
      haproxyMonitored: true,
      haproxyActive: true,
      cloneSuspected: false,
    },
    strip: null,
    metrics: { cpuPct: 23, memoryPct: 41, diskPct: 30, load: 0.4, sessions: 1284 },
    haproxyVersion: "2.6.12",
    osName: "Debian GNU/Linux 12",
    uptimeSec: 3600,
    agentOutdated: false,
    ...more,
  };
}

export function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  return {
    memberId: id,
    name: `edge-${id}-1`,
    active: false,
    health: "healthy",
    ready: true,
    heartbeatAgeSec: 0.6,
    silenceSec: 0.6,
    addresses: { A: [ADDRESS[id] ?? "198.51.100.9"] },
    gates: [gate("heartbeat", "Heard 0.6 s ago.", { passed: true })],
    votes: [],
    ...more,
  };
}
const ADDRESS: Record<string, string> = { fra: "203.0.113.10", ams: "198.51.100.24", lon: "192.0.2.61" };

export function overview(members: PoolMember[], more: Partial<Overview["pool"]> = {}): Overview {
  const split = { members: members.length, fresh: members.length, late: 0, down: 0, unknown: 0 };
  return {
    pool: {
      id: POOL,
      name: "production-edge",
      template: "haproxy",
      activeMemberId: members.find((one) => one.active)?.id ?? null,
      activeSince: "2026-11-07T00:00:00Z",
      epoch: 3,
      createdAt: "2026-11-01T00:00:00Z",
      health: split,
      ...more,
    },
    health: split,
    liveness: "known",
    recoverySec: 30,
    agentLatestVersion: 100,
    members,
  };
}

export function failover(candidates: Candidate[], more: Partial<Failover> = {}): Failover {
  return {
    auto: true,
    recoverySec: 30,
    backoffCapSec: 5,
    probe: { kind: "none", port: 443, path: "/", hostHeader: null },
    failback: "manual",
    preferredMemberId: null,
    stableSec: 300,
    bannerSec: 3600,
    revision: 1,
    maintenance: { paused: false, until: null, reason: "" },
    acknowledgedAt: null,
    activeMemberId: FRA,
    activeSince: "2026-11-07T00:00:00Z",
    epoch: 3,
    lastFailoverAt: null,
    banner: false,
    switching: false,
    holds: [],
    decision: {
      kind: "stay",
      reason: "healthy",
      sentences: ["edge-fra-1 was heard 0.6 s ago."],
      toMemberId: null,
      members: candidates,
      weather: {},
    },
    ...more,
  };
}

export function dns(more: Partial<PoolDns> = {}): PoolDns {
  return {
    poolId: POOL,
    credentialId: "22222222-0000-4000-8000-000000000000",
    credentialName: "Edge DNS",
    kind: "cloudflare",
    zone: "example.com",
    label: "lb",
    fqdn: "lb.example.com",
    ttl: 60,
    ttlBoundSec: 60,
    proxied: false,
    dynamicSync: false,
    internal: false,
    adopted: false,
    state: "in_sync",
    detail: "",
    currentTarget: ["203.0.113.10"],
    wanted: { A: ["203.0.113.10"] },
    observed: { A: ["203.0.113.10"] },
    observedAt: "2026-11-25T18:00:00Z",
    verified: true,
    preflight: null,
    ...more,
  };
}

export function event(more: Partial<FailoverEvent> = {}): FailoverEvent {
  return {
    id: "33333333-0000-4000-8000-000000000000",
    poolId: POOL,
    epoch: 4,
    kind: "automatic",
    state: "done",
    reason: "silent",
    sentences: ["edge-fra-1 was silent for 30.2 s, the limit is 30.0 s."],
    fromMemberId: FRA,
    fromName: "edge-fra-1",
    fromAddresses: { A: ["203.0.113.10"] },
    toMemberId: AMS,
    toName: "edge-ams-1",
    toAddresses: { A: ["198.51.100.24"] },
    orderedBy: "the monitor",
    createdAt: "2026-11-25T18:00:00Z",
    finishedAt: "2026-11-25T18:00:04Z",
    evidence: { members: [{ memberId: FRA, silenceSec: 30.2 }] },
    timeline: [
      { at: "2026-11-25T18:00:00Z", kind: "decided", text: "edge-fra-1 was silent for 30.2 s.", details: {} },
      { at: "2026-11-25T18:00:04Z", kind: "done", text: "The record points at edge-ams-1.", details: {} },
    ],
    ...more,
  };
}

/** Active, one ready standby, and one whose HAProxy is down. */
export const trio = () => ({
  members: [member(FRA, { active: true }), member(LON), member(AMS)],
  candidates: [
    candidate(FRA, { active: true }),
    candidate(AMS),
    candidate(LON, { ready: false, gates: [gate("haproxy", "HAProxy is not active.")] }),
  ],
});
