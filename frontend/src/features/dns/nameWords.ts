import type { PoolDns } from "../../api/pool";
import { exact } from "../../lib/duration";
import type { Tone } from "../../ui/tones";

interface StateWord {
  tone: Tone;
  word: string;
  /** What it means for the pool, before the server's own detail. */
  meaning: string;
}

/** A name's state in a word, a tone and a sentence. */
export function stateWord(state: PoolDns["state"]): StateWord {
  switch (state) {
    case "in_sync":
      return { tone: "ok", word: "In sync", meaning: "The record holds what the pool wants." };
    case "drift":
      return { tone: "late", word: "Drift", meaning: "The record differs from what the pool wants." };
    case "conflict":
      return { tone: "down", word: "Conflict", meaning: "Records of somebody else stand at the name." };
    case "error":
      return { tone: "down", word: "Failing", meaning: "The record cannot be read or written." };
    default:
      return { tone: "idle", word: "Unknown", meaning: "Nobody has looked at the record yet." };
  }
}

/** "A" and "AAAA" with their addresses, as one line each. */
export function addressLines(records: Readonly<Record<string, string[] | undefined>> | null | undefined) {
  return Object.entries(records ?? {}).flatMap(([type, values]) => (values ?? []).map((value) => ({ type, value })));
}

export interface RecordLine {
  type: string;
  value: string;
  wanted: boolean;
  observed: boolean;
}

/** What is wanted against what was seen, one line for each value; what both name comes first. */
export function recordLines(dns: Pick<PoolDns, "wanted" | "observed">): RecordLine[] {
  const found = new Map<string, RecordLine>();
  const line = (type: string, value: string) => {
    const key = `${type} ${value}`;
    const known = found.get(key) ?? { type, value, wanted: false, observed: false };
    found.set(key, known);
    return known;
  };
  for (const { type, value } of addressLines(dns.wanted)) line(type, value).wanted = true;
  for (const { type, value } of addressLines(dns.observed)) line(type, value).observed = true;
  const rank = (one: RecordLine) => (one.wanted && one.observed ? 0 : one.wanted ? 1 : 2);
  return [...found.values()].sort((a, b) => rank(a) - rank(b) || a.type.localeCompare(b.type));
}

/** `lb` in `example.com` is `lb.example.com`; `@` is the zone itself. Null until both are typed. */
export function fullName(label: string, zone: string): string | null {
  const left = label.trim().replace(/\.+$/, "").toLowerCase();
  const right = zone.trim().replace(/\.+$/, "").toLowerCase();
  if (left === "" || right === "") return null;
  return left === "@" ? right : `${left}.${right}`;
}

/** What "automatic" is served with: 300 s at the one provider that has it. */
export const TTL_AUTO_SEC = 300;

export const boundSec = (ttl: number, proxied: boolean, ttlAuto: number | null): number =>
  proxied ? 0 : ttl === ttlAuto ? TTL_AUTO_SEC : ttl;

/** From the fault to the last client, in words: the recovery time, then what resolvers may still keep. */
export function worstCase(recoverySec: number, ttlBoundSec: number): string {
  if (ttlBoundSec === 0)
    return `After at most ${exact(recoverySec)} of silence a standby takes over, and the proxy sends traffic there at once: resolvers keep no old address.`;
  return `After at most ${exact(recoverySec)} of silence a standby takes over; resolvers may keep the old address for ${exact(ttlBoundSec)} more. The last client arrives after about ${exact(recoverySec + ttlBoundSec)}.`;
}

const TTLS = [60, 120, 300, 3600];

/** The TTLs to choose from: what the provider takes of the usual ones, and the one that stands now. */
export function ttlChoices(
  kind: { ttlMinSec: number; ttlMaxSec: number; ttlAuto: number | null },
  now: number,
): { value: string; label: string }[] {
  const fitting = TTLS.filter((ttl) => ttl >= kind.ttlMinSec && ttl <= kind.ttlMaxSec);
  const all = [...new Set([...fitting, ...(now === kind.ttlAuto || now < kind.ttlMinSec ? [] : [now])])].sort(
    (a, b) => a - b,
  );
  const choices = all.map((ttl) => ({ value: String(ttl), label: exact(ttl) }));
  return kind.ttlAuto === null
    ? choices
    : [...choices, { value: String(kind.ttlAuto), label: `Automatic (${exact(TTL_AUTO_SEC)})` }];
}
