import type { Failover, PoolDns } from "../../../api/pool";
import { exact } from "../../../lib/duration";
import type { Place } from "../rules/lineup";

export interface RecordChange {
  type: string;
  before: readonly string[];
  after: readonly string[];
}

/** The record as it stands and as it will stand, by type; types that do not change are listed too. */
export function recordChange(
  dns: Pick<PoolDns, "observed" | "wanted"> | null | undefined,
  active: Place | undefined,
  target: Place,
): RecordChange[] {
  const before = dns?.observed ?? dns?.wanted ?? active?.candidate?.addresses ?? {};
  const after = target.candidate?.addresses ?? {};
  const types = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return types.map((type) => ({ type, before: before[type] ?? [], after: after[type] ?? [] }));
}

/** How long clients may still come to the old address. */
export function boundSentence(dns: Pick<PoolDns, "ttlBoundSec" | "proxied">): string {
  if (dns.proxied) return "The provider's proxy answers clients, so they follow within seconds.";
  return `Resolvers may keep the old answer for up to ${exact(dns.ttlBoundSec)} after the record has changed.`;
}

/** Who is offered first: the one that was asked for, else the next in line. */
export function firstTarget(asked: string, places: readonly Place[]): string | null {
  const named = places.find((place) => place.member.id === asked && !place.active);
  if (named) return named.member.id;
  const next = places.find((place) => place.order === 1) ?? places.find((place) => !place.active);
  return next?.member.id ?? null;
}

/** Gates that the server lets a person pass with `force` only. Too short a run is a warning to a person, no more. */
export const needsForce = (target: Place, active: Place | undefined): boolean =>
  active !== undefined && target.blockers.some((gate) => gate.name !== "unbroken" && gate.name !== "address");

/** Why traffic cannot be sent there at all, or null. */
export function cannotTake(target: Place): string | null {
  if (target.candidate === null) return "Nothing is known of this member yet: wait a few seconds.";
  const address = target.blockers.find((gate) => gate.name === "address");
  return address ? `${address.reason} Name a public address in its settings.` : null;
}

/** What automation says at this moment, for the person who is about to overrule it. */
export const automationWords = (failover: Failover | undefined): string => failover?.decision.sentences.join(" ") ?? "";
