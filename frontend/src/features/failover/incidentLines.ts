import type { Tone } from "../../ui/tones";
import type { Incident } from "./eventQueries";
import { readEvidence } from "./evidence";

export type Lane = "beat" | "move" | "dns" | "job" | "alert" | "people" | "mail";

export interface Line {
  key: string;
  at: string;
  lane: Lane;
  tone: Tone;
  text: string;
  memberId: string | null;
  jobId: string | null;
  /** The end of the move stands after what happened in the same moment. */
  last: boolean;
}

export const LANES: Record<Lane, string> = {
  beat: "Heartbeat",
  move: "Move",
  dns: "DNS",
  job: "Job",
  alert: "News",
  people: "People",
  mail: "Message",
};

// Told twice, by a line of its own kind and as news: one of them is enough. Progress of jobs is on their pages.
const REPEATED = /^news\.(dns\.written|failover\.(promoted|completed)|job\.(pending|progressed)|pool\.updated)$/;

/** One line for everything around a move, oldest first: a sentence each, in the words of the product. */
export function linesOf(incident: Incident): Line[] {
  const told = incident.timeline
    .filter((entry) => !REPEATED.test(entry.kind))
    .map((entry, place): Line => {
      const [area = "", ...rest] = entry.kind.split(".");
      const kind = rest.join(".");
      const details = entry.details;
      return {
        key: `${entry.at}-${place}`,
        at: entry.at,
        lane: laneOf(area),
        tone: toneOf(entry.kind),
        text: textOf(area, kind, entry.text, details),
        memberId: id(details["memberId"]),
        jobId: id(details["jobId"]),
        last: entry.kind === "failover.done",
      };
    });
  return [...gap(incident), ...told].sort(
    (a, b) => Date.parse(a.at) - Date.parse(b.at) || Number(a.last) - Number(b.last),
  );
}

/** Where the silence began, as the decision counted it. */
function gap(incident: Incident): Line[] {
  if (incident.reason !== "silent") return [];
  const evidence = readEvidence(incident.evidence);
  const silence = evidence?.members.find((member) => member.id === incident.fromMemberId)?.silenceSec ?? null;
  if (silence === null || silence > LONGEST_GAP_SEC) return [];
  return [
    {
      key: "gap",
      at: new Date(Date.parse(incident.createdAt) - silence * 1000).toISOString(),
      lane: "beat",
      tone: "late",
      text: `${incident.fromName ?? "The active member"} fell silent.`,
      memberId: incident.fromMemberId,
      jobId: null,
      last: false,
    },
  ];
}

const LONGEST_GAP_SEC = 3600;

/** The move itself: from the silence to its end, without what only happened at the same time. */
export function ofTheMove(lines: readonly Line[], incident: Incident): Line[] {
  const from = Date.parse(lines.find((line) => line.lane === "beat")?.at ?? incident.createdAt) - 1_000;
  const until = (incident.finishedAt === null ? Number.POSITIVE_INFINITY : Date.parse(incident.finishedAt)) + 120_000;
  return lines.filter((line) => {
    const at = Date.parse(line.at);
    if (at < from || at > until) return false;
    return line.lane !== "job" && line.lane !== "people" && (line.lane !== "alert" || /^Failover/.test(line.text));
  });
}

const laneOf = (area: string): Lane =>
  area === "failover"
    ? "move"
    : area === "dns"
      ? "dns"
      : area === "job"
        ? "job"
        : area === "audit"
          ? "people"
          : area === "message"
            ? "mail"
            : "alert";

function toneOf(kind: string): Tone {
  if (kind === "message.sent") return "ok";
  if (kind === "failover.done" || kind.endsWith("failover.completed")) return "ok";
  if (/failed|lost|record_blocked|conflict/.test(kind)) return "down";
  if (/hold|slow|late|superseded/.test(kind)) return "late";
  if (kind.startsWith("failover.decided")) return "active";
  return "idle";
}

function textOf(area: string, kind: string, said: string, details: Readonly<Record<string, unknown>>): string {
  if (area === "failover" || area === "dns" || area === "job") return said;
  if (area === "message") return messageText(kind, said, details);
  const who = area === "audit" ? `${said.split(": ")[0] ?? "Somebody"}: ` : "";
  return `${who}${plain(kind)}${more(details)}`;
}

/** "failover.settings_changed" → "Failover settings changed" */
const plain = (kind: string): string => {
  const words = kind.replace(/[._]/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function more(details: Readonly<Record<string, unknown>>): string {
  const shown = ["displayName", "hostname", "detail", "why", "command", "reason"]
    .map((name) => details[name])
    .filter((value): value is string => typeof value === "string" && value !== "");
  return shown.length === 0 ? "" : `: ${[...new Set(shown)].slice(0, 2).join(", ")}`;
}

const ENDS: Record<string, string> = { sent: "was sent.", waiting: "waits to be sent.", dropped: "was dropped." };

/** "Email to ops@example.com: “Failover: edge moves to lb2” was sent." */
function messageText(state: string, subject: string, details: Readonly<Record<string, unknown>>): string {
  const kind = typeof details["channelKind"] === "string" ? plain(details["channelKind"]) : "Message";
  const to = typeof details["recipient"] === "string" ? ` to ${details["recipient"]}` : "";
  const why = typeof details["lastError"] === "string" ? details["lastError"] : "no reason was given";
  return `${kind}${to}: “${subject}” ${ENDS[state] ?? `failed: ${why}`}`;
}

const id = (value: unknown): string | null => (typeof value === "string" && value.length === 36 ? value : null);
