import type { Wire } from "../../api/client";
import type { Failover } from "../../api/pool";

export const RECOVERY_MIN = 10;
export const RECOVERY_MAX = 120;
export const PRESETS = [10, 30, 60, 120] as const;
/** From the end of the recovery time to the record at the provider, 99 of 100 times. */
export const WRITE_SEC = 8;

export interface SettingsValues {
  auto: boolean;
  recoverySec: number | string;
  probeKind: string;
  probePort: number | string;
  probePath: string;
  probeHost: string;
  failback: string;
  preferredMemberId: string | null;
  stableSec: string;
  [name: string]: unknown;
}

export const valuesOf = (now: Failover): SettingsValues => ({
  auto: now.auto,
  recoverySec: now.recoverySec,
  probeKind: now.probe.kind,
  probePort: now.probe.port,
  probePath: now.probe.path,
  probeHost: now.probe.hostHeader ?? "",
  failback: now.failback,
  preferredMemberId: now.preferredMemberId,
  stableSec: String(now.stableSec),
});

type Change = Wire<"SettingsIn">;

/** What is sent: only what differs, so that nobody's other change is undone. */
export function changeOf(before: SettingsValues, after: SettingsValues): Change {
  const differs = (...names: (keyof SettingsValues)[]) => names.some((name) => before[name] !== after[name]);
  const change: Change = {};
  if (differs("auto")) change.auto = after.auto;
  if (differs("recoverySec")) change.recoverySec = Number(after.recoverySec);
  if (differs("probeKind", "probePort", "probePath", "probeHost")) change.probe = probeOf(after);
  if (differs("failback", "preferredMemberId")) {
    change.failback = after.failback === "auto" ? "auto" : "manual";
    change.preferredMemberId = after.preferredMemberId;
  }
  if (differs("stableSec")) change.stableSec = Number(after.stableSec);
  return change;
}

function probeOf(after: SettingsValues): NonNullable<Change["probe"]> {
  const kind = PROBES.find((probe) => probe.value === after.probeKind)?.value ?? "none";
  if (kind === "none") return { kind };
  return {
    kind,
    port: Number(after.probePort),
    ...(kind === "http" ? { path: after.probePath.trim() } : {}),
    hostHeader: kind === "tcp" ? null : after.probeHost.trim() || null,
  };
}

export const PROBES = [
  { value: "none", label: "None", about: "A silent agent alone counts as a dead member." },
  { value: "tcp", label: "TCP connection", about: "The service counts as alive when its port takes a connection." },
  { value: "tls", label: "TLS handshake", about: "Alive when a handshake succeeds. Certificates are not judged." },
  { value: "http", label: "HTTP request", about: "Alive when it answers with a status from 200 to 399." },
] as const;

/** Sentences for values that cannot be right, before the server is asked. */
export function wrongSettings(values: SettingsValues): Record<string, string> {
  const wrong: Record<string, string> = {};
  const recovery = Number(values.recoverySec);
  if (values.recoverySec === "" || !Number.isInteger(recovery) || recovery < RECOVERY_MIN || recovery > RECOVERY_MAX) {
    wrong["recoverySec"] = `Use ${RECOVERY_MIN} to ${RECOVERY_MAX} whole seconds.`;
  }
  const port = Number(values.probePort);
  if (values.probeKind !== "none" && (values.probePort === "" || !Number.isInteger(port) || port < 1 || port > 65535)) {
    wrong["probePort"] = "Use a port from 1 to 65535.";
  }
  if (values.probeKind === "http" && !/^\/[\x21-\x7e]{0,199}$/.test(values.probePath.trim())) {
    wrong["probePath"] = "Use a path that begins with /, without blanks.";
  }
  if (values.failback === "auto" && values.preferredMemberId === null) {
    wrong["preferredMemberId"] = "Automatic failback needs a preferred member.";
  }
  return wrong;
}

const NAMES: Record<string, string> = {
  auto: "Automatic failover",
  recoverySec: "Recovery time",
  probeKind: "Service probe",
  probePort: "Port of the probe",
  probePath: "Path of the probe",
  probeHost: "Host name of the probe",
  failback: "Failback",
  preferredMemberId: "Preferred member",
  stableSec: "Stable time",
};

export interface Clash {
  name: string;
  field: string;
  theirs: unknown;
  yours: unknown;
}

/** Fields that were edited here and that somebody else saved differently meanwhile. */
export function clashes(began: SettingsValues, server: SettingsValues, mine: SettingsValues): Clash[] {
  return Object.keys(NAMES)
    .filter((field) => server[field] !== began[field] && mine[field] !== began[field] && mine[field] !== server[field])
    .map((field) => ({ field, name: NAMES[field] ?? field, theirs: server[field], yours: mine[field] }));
}

/** The longest time that a client can be on a dead member, in a sentence that shows the sum. */
export function worstCase(recoverySec: number, ttlBoundSec: number | null): string {
  const detect = recoverySec + WRITE_SEC;
  const begin = `A dead active member is noticed after ${recoverySec} s, and the record is changed within ${WRITE_SEC} s more.`;
  if (ttlBoundSec === null) return `${begin} No DNS is connected yet, so no record would move.`;
  return `${begin} Resolvers may keep the old answer for ${ttlBoundSec} s. In the worst case a client waits ${detect + ttlBoundSec} s.`;
}
