import type { ReactNode } from "react";
import { useBeat } from "../../../api/beats";
import type { HostFacts } from "../../../api/facts";
import type { PoolMember } from "../../../api/pool";
import { plural } from "../../../lib/numbers";
import { BeatAge } from "../../../ui/BeatAge";
import { BeatStrip } from "../../../ui/BeatStrip";
import { Dot } from "../../../ui/Dot";
import { ToneIcon } from "../../../ui/Pill";
import type { Beat, Tone } from "../../../ui/tones";
import c from "./panel.module.css";
import { isSilent } from "./standing";

interface Props {
  member: PoolMember;
  facts: HostFacts | null;
  latestVersion: number;
}

/** The state of the host in one line: what it last said, and how long ago that was. */
export function HealthStrip({ member, facts, latestVersion }: Props) {
  const silent = isSilent(useBeat(member.id).state);
  return (
    <section className={c["strip"]} aria-label="Health">
      <HeartbeatCell member={member} />
      <AgentCell member={member} latestVersion={latestVersion} />
      {facts?.haproxy || member.heartbeat?.stacks.includes("haproxy") || member.template === "haproxy_edge" ? (
        <HaproxyCell member={member} facts={facts} />
      ) : (
        <Cell name="Services" {...servicesSay(facts, silent)} />
      )}
      <Cell name="Firewall" {...firewallSays(facts, silent)} />
      <Cell name="Updates" {...updatesSay(facts, silent)} />
      <Cell
        name="System"
        value={facts?.osName ?? "Not known yet"}
        {...(facts?.osName ? {} : { tone: "idle" as const })}
        note={facts?.kernel && `Kernel ${facts.kernel}`}
      />
    </section>
  );
}

interface Said {
  value: ReactNode;
  note?: ReactNode;
  tone?: Tone;
  /** The icon beside the word, for states. */
  mark?: boolean;
}

function Cell({ name, value, note, tone, mark = false }: Said & { name: string }) {
  return (
    <div className={c["cell"]}>
      <div className={c["name"]}>{name}</div>
      <div className={c["value"]} data-tone={mark && tone === "ok" ? undefined : tone}>
        {mark && tone && <ToneIcon tone={tone} size={15} />}
        {value}
      </div>
      {note && <div className={c["note"]}>{note}</div>}
    </div>
  );
}

const BEATS: Record<string, Beat> = { o: "ok", l: "late", d: "down" };
const TONES = { fresh: "ok", late: "late", down: "down", unknown: "idle" } as const;

function HeartbeatCell({ member }: { member: PoolMember }) {
  const beat = useBeat(member.id);
  const strip = beat.strip.padStart(60, ".");
  const heard = [...beat.strip].filter((letter) => letter === "o").length;
  return (
    <div className={c["cell"]}>
      <div className={c["beat"]}>
        <span className={c["name"]}>Heartbeat</span>
        <span className={`${c["value"]} num`}>
          <Dot tone={TONES[beat.state]} pulse={beat.state === "fresh"} />
          <BeatAge heardAt={beat.heardAt} />
        </span>
      </div>
      <BeatStrip
        beats={[...strip].map((letter) => BEATS[letter] ?? "none")}
        height={20}
        label={`${heard} of the last 60 heartbeats on time`}
      />
    </div>
  );
}

function AgentCell({ member, latestVersion }: { member: PoolMember; latestVersion: number }) {
  const version = member.heartbeat?.agentVersion ?? null;
  if (version === null)
    return <Cell name="Agent" value={member.firstSeenAt === null ? "Not seen yet" : "Not known now"} tone="idle" />;
  if (member.agentOutdated) {
    return <Cell name="Agent" value={`v${version}`} tone="late" mark note={`v${latestVersion} is out: update it`} />;
  }
  return <Cell name="Agent" value={`v${version}`} note={latestVersion > 0 ? "Latest version" : null} />;
}

function HaproxyCell({ member, facts }: { member: PoolMember; facts: HostFacts | null }) {
  const beat = useBeat(member.id);
  const haproxy = facts?.haproxy ?? null;
  const version = haproxy?.version ? `Version ${haproxy.version}` : null;
  if (isSilent(beat.state)) {
    return <Cell name="HAProxy" value="Unknown" tone="idle" mark note="Nothing was heard of this host lately." />;
  }
  if (haproxy === null) {
    return <Cell name="HAProxy" value="Not found" tone="idle" mark note="Install it with the quick action." />;
  }
  if (beat.haproxyActive ?? haproxy.active) {
    return <Cell name="HAProxy" value="Running" tone="ok" mark note={version} />;
  }
  return (
    <Cell name="HAProxy" value="Not running" tone="down" mark note={haproxy.unitState && `Unit ${haproxy.unitState}`} />
  );
}

function servicesSay(facts: HostFacts | null, silent: boolean): Said {
  if (facts === null) return { value: "Not known yet", tone: "idle" };
  const failed = facts.services.filter((service) => service.state === "failed");
  if (silent) return { value: "Unknown", tone: "idle", mark: true };
  if (failed.length > 0) {
    return { value: `${plural(failed.length, "unit")} failed`, tone: "down", mark: true, note: failed[0]?.name };
  }
  const running = facts.services.filter((service) => service.state === "active").length;
  return { value: `${running} running`, tone: "ok", mark: true, note: `of ${plural(facts.services.length, "unit")}` };
}

const FIREWALLS: Record<string, string> = { ufw: "UFW", firewalld: "firewalld", nftables: "nftables" };

export function firewallSays(facts: HostFacts | null, silent: boolean): Said {
  const firewall = facts?.firewall ?? null;
  if (firewall === null) return { value: "Not known yet", tone: "idle" };
  const name = FIREWALLS[firewall.kind];
  const rules = firewall.rules === null ? firewall.zone && `Zone ${firewall.zone}` : plural(firewall.rules, "rule");
  const note = silent ? "As last reported" : rules;
  if (name === undefined) return { value: "None found", tone: "late", mark: true, note };
  if (!firewall.enabled) return { value: `${name} off`, tone: "late", mark: true, note };
  return { value: `${name} on`, tone: silent ? "idle" : "ok", mark: true, note };
}

export function updatesSay(facts: HostFacts | null, silent: boolean): Said {
  if (facts === null || facts.pendingUpdates === null) {
    return facts?.rebootRequired
      ? { value: "Restart required", tone: "late" }
      : { value: "Not known yet", tone: "idle", note: "The agent looks once an hour." };
  }
  const security = facts.securityUpdates ?? 0;
  const parts = [
    ...(security > 0 ? [`${security} security`] : []),
    ...(facts.rebootRequired ? ["restart required"] : []),
    ...(silent ? ["as last reported"] : []),
  ];
  const note = parts.length > 0 ? parts.join(", ") : null;
  if (facts.pendingUpdates === 0) {
    return { value: "Up to date", note, ...(facts.rebootRequired ? { tone: "late" as const } : {}) };
  }
  return { value: `${facts.pendingUpdates} pending`, tone: silent ? "idle" : "late", note };
}
