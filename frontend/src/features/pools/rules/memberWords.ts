import type { LiveBeat } from "../../../api/beats";
import type { PoolDns } from "../../../api/pool";
import { exact, long } from "../../../lib/duration";
import { plural } from "../../../lib/numbers";
import { gateWords, type Place } from "./lineup";

export interface MemberWords {
  tone: "ok" | "late" | "down" | "idle";
  text: string;
}

interface Known {
  place: Place;
  live: Pick<LiveBeat, "state" | "haproxyActive" | "sessions">;
  ageSec: number | null;
  haproxyMonitored: boolean;
  recoverySec: number;
  dns: Pick<PoolDns, "fqdn" | "state"> | null | undefined;
}

/** The one sentence under a member: what it does now, or what keeps it from doing it. */
export function memberWords({ place, live, ageSec, haproxyMonitored, recoverySec, dns }: Known): MemberWords {
  const { active, ready, blockers, warnings } = place;
  if (live.state === "unknown") {
    return { tone: "idle", text: "Nothing is known of it now." };
  }
  if (live.state === "down") {
    const since = ageSec === null ? "No heartbeat comes in." : `No heartbeat for ${long(ageSec)}.`;
    return { tone: "down", text: `${since} Check that the host and its agent run.` };
  }
  if (haproxyMonitored && live.haproxyActive === false) {
    return { tone: "down", text: "HAProxy is not running, though the host is heard." };
  }
  if (live.state === "late") {
    const age = ageSec === null ? "" : `Heartbeat is ${Math.round(ageSec)} s old. `;
    const inside = ageSec !== null && ageSec < recoverySec;
    return {
      tone: "late",
      text: `${age}${inside ? "Still inside" : "Past"} the ${exact(recoverySec)} failover window.`,
    };
  }
  if (active) return { tone: "ok", text: serving(live.sessions, dns) };
  const blocker = blockers[0];
  if (blocker) return { tone: "late", text: `Not ready. ${gateWords(blocker)}` };
  const warning = warnings[0];
  if (ready) return { tone: "ok", text: warning ? `Ready to take over. ${gateWords(warning)}` : "Ready to take over." };
  return { tone: "idle", text: "Its readiness is being read." };
}

function serving(sessions: number | null, dns: Known["dns"]): string {
  const open = sessions === null ? "" : ` with ${plural(sessions, "open session")}`;
  if (dns === undefined) return `Active${open}.`;
  if (dns === null) return `Active${open}. No DNS record points here.`;
  if (dns.state === "in_sync") return `Serving ${dns.fqdn}${open}.`;
  return `Active for ${dns.fqdn}${open}. The record is not in sync.`;
}
