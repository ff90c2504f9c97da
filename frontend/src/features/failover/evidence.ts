import type { Gate, Vote } from "./Gates";

/** What the decision was made from, as it was stored with the event. */
export interface Evidence {
  recoverySec: number | null;
  probe: string | null;
  weather: string[];
  members: EvidenceMember[];
}
export interface EvidenceMember {
  id: string;
  name: string;
  heartbeatAgeSec: number | null;
  silenceSec: number | null;
  haproxy: string;
  addresses: string;
  ready: boolean;
  gates: Gate[];
  votes: Vote[];
}

type Raw = Record<string, unknown>;
const record = (value: unknown): Raw => (typeof value === "object" && value !== null ? (value as Raw) : {});
const records = (value: unknown): Raw[] => (Array.isArray(value) ? value.map(record) : []);
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Older events may lack parts: what is missing is left out, and never invented. Null when nothing was stored. */
export function readEvidence(stored: Readonly<Record<string, unknown>>): Evidence | null {
  const members = records(stored["members"]).map(readMember);
  if (members.length === 0) return null;
  return {
    recoverySec: number(stored["recoverySec"]),
    probe: text(stored["probe"]) || null,
    weather: weatherSentences(record(stored["weather"])),
    members,
  };
}

function readMember(raw: Raw): EvidenceMember {
  return {
    id: text(raw["memberId"]),
    name: text(raw["name"]),
    heartbeatAgeSec: number(raw["heartbeatAgeSec"]),
    silenceSec: number(raw["silenceSec"]),
    haproxy: haproxyWord(record(raw["haproxy"])),
    addresses: Object.values(record(raw["addresses"])).flat().map(text).join(" and "),
    ready: raw["ready"] === true,
    gates: records(raw["gates"]).map((gate) => ({
      name: text(gate["name"]),
      passed: gate["passed"] === true,
      blocking: gate["blocking"] === true,
      reason: text(gate["reason"]),
    })),
    votes: records(raw["votes"]).map((vote) => ({
      by: text(vote["by"]),
      ok: vote["ok"] === true,
      ageSec: number(vote["ageSec"]),
      millis: number(vote["millis"]),
      error: text(vote["error"]) || null,
    })),
  };
}

function haproxyWord(raw: Raw): string {
  if (raw["monitored"] !== true) return "not monitored";
  return raw["active"] === true ? "active" : `inactive, ${number(raw["inactiveReports"]) ?? "?"} reports`;
}

/** What held for the whole installation at that moment, in sentences. */
function weatherSentences(raw: Raw): string[] {
  const said: string[] = [];
  const blackout = text(raw["blackout"]);
  if (blackout) said.push(blackout);
  const good = number(raw["goodForSec"]);
  if (good !== null && !blackout) {
    const long = good > 3600 ? "for more than an hour" : `for ${Math.round(good)} s`;
    said.push(`The control plane had heard its members without a break ${long}.`);
  }
  const mass = record(raw["massSilence"]);
  if (number(mass["silent"]) !== null) said.push(`${mass["silent"]} of ${mass["of"]} members were silent together.`);
  else if (raw["massSilence"] === null) said.push("No other members fell silent together with it.");
  const recent = number(raw["promotionsLast10Min"]);
  if (recent !== null) said.push(`Pools switched in the 10 minutes before, in the whole installation: ${recent}.`);
  return said;
}
