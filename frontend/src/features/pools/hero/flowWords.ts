import type { PoolDns } from "../../../api/pool";
import type { Place } from "../rules/lineup";
import { activeOf, addressList, standbysOf } from "../rules/lineup";
import type { Verdict } from "../rules/verdicts";

/** The diagram in sentences, for people who do not see it. */
export function flowWords(places: readonly Place[], dns: PoolDns | null | undefined, traffic: Verdict): string {
  const active = activeOf(places);
  const sentences = [`${traffic.text}.`];
  if (dns) {
    const held = addressList(dns.observed).join(", ");
    sentences.push(`Clients reach ${dns.fqdn}, which ${held ? `points at ${held}` : "has no address yet"}.`);
  } else if (dns === null) sentences.push("No DNS is connected.");
  if (active) sentences.push(`The active member is ${active.member.displayName}.`);
  const others = standbysOf(places);
  const ready = others.filter((place) => place.ready).map((place) => place.member.displayName);
  if (ready.length > 0) sentences.push(`Standbys in order: ${listed(ready)}.`);
  const held = others.filter((place) => !place.ready).map((place) => place.member.displayName);
  if (held.length > 0) sentences.push(`Not ready: ${listed(held)}.`);
  return sentences.join(" ");
}

const NAMES_MAX = 8;
const listed = (names: readonly string[]): string =>
  names.length > NAMES_MAX
    ? `${names.slice(0, NAMES_MAX).join(", ")} and ${names.length - NAMES_MAX} more`
    : names.join(", ");
