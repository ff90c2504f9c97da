import type { Candidate, Failover, PoolMember } from "../../../api/pool";

type Gate = Candidate["gates"][number];

/** A member with what the decision knows of it. */
export interface Place {
  member: PoolMember;
  /** Null until the decision has been read, or while it does not know this member yet. */
  candidate: Candidate | null;
  active: boolean;
  ready: boolean;
  /** 1 is next in line; null for the active member and for those who cannot take over. */
  order: number | null;
  /** Gates that keep it from taking over. */
  blockers: readonly Gate[];
  /** Things that somebody should look at and that block nothing. */
  warnings: readonly Gate[];
}

/**
 * The members in failover order: the active one, then the ready standbys by the operator's priority, then by fewer
 * warnings, then the others. The server ranks the same way and knows two things more (how severe a warning is, how long
 * a run): who is sent traffic is therefore always named in the order, never left to "the next".
 */
export function lineup(
  members: readonly PoolMember[],
  failover: Pick<Failover, "activeMemberId" | "decision"> | undefined,
): Place[] {
  const known = new Map(failover?.decision.members.map((candidate) => [candidate.memberId, candidate]));
  const places = members.map((member): Place => {
    const candidate = known.get(member.id) ?? null;
    const failed = candidate?.gates.filter((gate) => !gate.passed) ?? [];
    const active = failover ? failover.activeMemberId === member.id : member.active;
    return {
      member,
      candidate,
      active,
      ready: candidate?.ready ?? false,
      order: null,
      blockers: failed.filter((gate) => gate.blocking),
      warnings: failed.filter((gate) => !gate.blocking),
    };
  });
  places.sort(
    (a, b) =>
      Number(b.active) - Number(a.active) ||
      Number(b.ready) - Number(a.ready) ||
      a.member.priority - b.member.priority ||
      a.warnings.length - b.warnings.length ||
      a.member.displayName.localeCompare(b.member.displayName),
  );
  let next = 0;
  return places.map((place) => (place.ready && !place.active ? { ...place, order: ++next } : place));
}

export const activeOf = (places: readonly Place[]): Place | undefined => places.find((place) => place.active);
export const standbysOf = (places: readonly Place[]): Place[] => places.filter((place) => !place.active);
export const nextOf = (places: readonly Place[]): Place | undefined => places.find((place) => place.order === 1);

/** Addresses by record type in one list, IPv4 first: what a record would hold. */
export function addressList(addresses: Readonly<Record<string, readonly string[]>> | null | undefined): string[] {
  return Object.entries(addresses ?? {})
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([, texts]) => texts);
}

/** A failed check in a sentence that also stands alone: the server's own words of a passed one would mislead. */
export function gateWords(gate: Pick<Gate, "name" | "passed" | "reason">): string {
  if (gate.passed || !gate.reason.startsWith("Hear")) return gate.reason;
  return gate.name === "heartbeat"
    ? `Its last heartbeat is too old. ${gate.reason}`
    : `Its heartbeats had a gap lately. ${gate.reason}`;
}

/** The address to show for a member: what would be published, else what the agent may speak from. */
export function shownAddress(place: Place): string {
  const { member, candidate } = place;
  return (
    addressList(candidate?.addresses)[0] ?? member.publicIps[0] ?? member.heartbeat?.ip ?? member.allowedIps[0] ?? ""
  );
}
