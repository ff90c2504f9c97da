import type { Failover, Overview, PoolDns } from "../../../api/pool";
import { exact } from "../../../lib/duration";
import type { Tone } from "../../../ui/tones";
import { activeOf, addressList, gateWords, lineup, nextOf, type Place, standbysOf } from "./lineup";

export interface Verdict {
  tone: Tone;
  text: string;
  detail: string;
}

export interface Seen {
  overview: Pick<Overview, "members" | "liveness" | "recoverySec">;
  failover: Failover;
  /** Null: no DNS is connected. */
  dns: PoolDns | null;
}

/** The three questions of a pool: is traffic on the active member, are standbys ready, will DNS move. */
export function verdicts(seen: Seen): readonly [Verdict, Verdict, Verdict] {
  const places = lineup(seen.overview.members, seen.failover);
  return [traffic(seen, places), standbys(seen, places), moving(seen, places)];
}

export function traffic({ overview, failover, dns }: Seen, places: readonly Place[]): Verdict {
  const active = activeOf(places);
  if (places.length === 0) return say("idle", "No traffic yet", "Add the first member to begin.");
  if (!active) return say("late", "No member is active", "Make one active, so that traffic has somewhere to go.");
  const name = active.member.displayName;
  const health = active.candidate?.health;
  const why = active.blockers[0] ? gateWords(active.blockers[0]) : "";
  if (overview.liveness === "known" && health === "silent") {
    return say(
      "down",
      `Traffic goes to ${name}, which is down`,
      why || "It was not heard for longer than the pool allows.",
    );
  }
  if (overview.liveness === "known" && health === "haproxy_inactive") {
    return say("down", `HAProxy does not run on ${name}`, "Clients are sent there and find nobody.");
  }
  if (dns === null) return say("idle", `${name} is active`, "No DNS is connected, so no record points at it.");
  if (failover.switching) return say("info", `DNS is moving to ${name}`, "The record does not follow yet.");
  const record = recordVerdict(dns, active, places);
  if (record.tone !== "ok") return record;
  if (overview.liveness === "unknown") {
    return say("idle", "Nobody knows whether the active member serves", "The heartbeat store does not answer.");
  }
  if (health === "unknown") return say("idle", `${name} was never heard`, "The record points at it. Check its agent.");
  if (health === "late") return say("late", `Traffic is on ${name}, which is late`, record.detail);
  return record;
}

function recordVerdict(dns: PoolDns, active: Place, places: readonly Place[]): Verdict {
  const name = active.member.displayName;
  if (dns.state === "conflict") return say("down", "Somebody else changed the record", dns.detail);
  if (dns.state === "error") return say("down", "The record could not be read", dns.detail);
  if (dns.state === "unknown")
    return say("idle", "The record was not looked at yet", dns.detail || `${dns.fqdn} is checked shortly.`);
  if (dns.state === "drift") {
    const other = holder(dns, places);
    if (other && other.member.id !== active.member.id) {
      return say(
        "down",
        "Traffic is not on the active member",
        `${dns.fqdn} still points at ${other.member.displayName}.`,
      );
    }
    return say("late", "The record differs from what it should be", dns.detail);
  }
  if (dns.verified === false) {
    return say("late", "The name servers do not answer alike yet", `The provider holds the address of ${name}.`);
  }
  const checked = dns.verified === true ? `DNS answer matches ${name}` : `The provider holds the address of ${name}`;
  return say("ok", "Traffic is on the active member", checked);
}

/** The member whose addresses the record holds now. */
export function holder(dns: Pick<PoolDns, "observed">, places: readonly Place[]): Place | undefined {
  const held = new Set(addressList(dns.observed));
  return places.find((place) => addressList(place.candidate?.addresses).some((address) => held.has(address)));
}

export function standbys({ overview }: Pick<Seen, "overview">, places: readonly Place[]): Verdict {
  const others = standbysOf(places);
  if (others.length === 0) {
    return say("late", "There is no standby", "Add a second member, so that there is one to move to.");
  }
  if (overview.liveness === "unknown") {
    return say("idle", "Nobody knows whether standbys are ready", "The heartbeat store does not answer.");
  }
  const ready = others.filter((place) => place.ready);
  const held = others.find((place) => !place.ready);
  if (held === undefined) {
    const text =
      others.length === 1
        ? "The standby is ready"
        : others.length === 2
          ? "Both standbys are ready"
          : `All ${others.length} standbys are ready`;
    const first = nextOf(places);
    const warned = first?.warnings[0];
    return say(
      "ok",
      text,
      warned ? `${first.member.displayName}: ${warned.reason}` : `Next in line is ${first?.member.displayName}`,
    );
  }
  const why = `${held.member.displayName} cannot take over: ${lowered(held.blockers[0] ? gateWords(held.blockers[0]) : "nothing is known of it.")}`;
  if (ready.length === 0)
    return say("down", others.length === 1 ? "The standby is not ready" : "No standby is ready", why);
  return say("late", `${ready.length} of ${others.length} standbys are ready`, why);
}

export function moving({ overview, failover, dns }: Seen, places: readonly Place[]): Verdict {
  const next = nextOf(places);
  if (places.length < 2) return say("late", "DNS cannot move", "There is no other member to move to.");
  if (dns === null) return say("late", "DNS will not move", "No DNS is connected. Choose a name in Managed DNS.");
  if (failover.switching) return say("info", "DNS is moving now", "It is tried until the record follows.");
  const held = failover.holds.find((hold) => hold.escalatedAt !== null) ?? failover.holds[0];
  if (held) return say(held.escalatedAt ? "down" : "late", "Automatic failover holds", held.sentence);
  if (!failover.auto)
    return say("late", "DNS moves only by hand", "Automatic failover is off. Switch it on in Settings.");
  if (failover.maintenance.paused) {
    return say(
      "late",
      "Automatic failover is paused",
      failover.maintenance.reason || "Somebody paused it for maintenance.",
    );
  }
  if (dns.state === "error" || dns.state === "conflict" || dns.preflight?.colour === "red") {
    const step = dns.preflight?.steps.find((one) => !one.ok);
    return say(
      "down",
      "DNS could not move now",
      (dns.state !== "in_sync" && dns.detail) || step?.why || "The test of the DNS connection failed.",
    );
  }
  const { kind, sentences } = failover.decision;
  if (kind === "hold" || kind === "no_candidate") {
    return say("down", kind === "hold" ? "Automatic failover holds" : "DNS stays where it is", sentences.at(-1) ?? "");
  }
  if (kind === "promote") return say("info", "DNS is about to move", sentences[0] ?? "");
  if (!next) return say("down", "DNS would stay where it is", "No standby is ready to take over.");
  if (overview.liveness === "unknown") {
    return say("idle", "DNS does not move while heartbeats are unknown", "The heartbeat store does not answer.");
  }
  if (!activeOf(places)) return say("late", "DNS waits for an active member", "Make one active first.");
  return say(
    "ok",
    `DNS moves by itself after ${exact(failover.recoverySec)}`,
    `Next in line is ${next.member.displayName}`,
  );
}

const say = (tone: Tone, text: string, detail: string): Verdict => ({ tone, text, detail });
/** A sentence after a colon begins small, unless it begins with a name. */
const lowered = (text: string): string =>
  /^(HAProxy|DNS|[A-Z]{2})/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
