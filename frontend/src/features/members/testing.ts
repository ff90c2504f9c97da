import type { Overview, PoolMember } from "../../api/pool";

export const POOL = "11111111-1111-4111-8111-111111111111";
export const MEMBER = "22222222-2222-4222-8222-222222222222";

/** A healthy standby of an HAProxy pool; a test names only what it is about. */
export function member(given: Partial<PoolMember> = {}): PoolMember {
  return {
    id: MEMBER,
    poolId: POOL,
    hostname: "edge-fra-1.example.net",
    displayName: "edge-fra-1",
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
    createdAt: "2026-11-01T10:00:00Z",
    firstSeenAt: "2026-11-01T10:05:00Z",
    heartbeat: {
      state: "fresh",
      ageSec: 0.4,
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
    metrics: { cpuPct: 23, memoryPct: 41, diskPct: 78, load: 0.92, sessions: 12 },
    haproxyVersion: "3.2.4",
    osName: "Debian GNU/Linux 12",
    uptimeSec: 3600,
    agentOutdated: false,
    ...given,
  };
}

export function overview(members: PoolMember[] = [member()]): Overview {
  return {
    pool: {
      id: POOL,
      name: "production-edge",
      template: "haproxy",
      activeMemberId: members.find((one) => one.active)?.id ?? null,
      activeSince: null,
      epoch: 1,
      createdAt: "2026-11-01T10:00:00Z",
    },
    health: { members: members.length, fresh: members.length, late: 0, down: 0, unknown: 0 },
    liveness: "known",
    recoverySec: 30,
    agentLatestVersion: 100,
    members,
  };
}
