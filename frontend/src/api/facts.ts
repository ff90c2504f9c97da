import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take } from "./client";
import { keys } from "./keys";

export interface Disk {
  mount: string;
  totalBytes: number;
  usedBytes: number;
  usedPct: number;
  inodesUsedPct: number | null;
}

export interface Service {
  name: string;
  /** As systemd says it: active, inactive, failed, activating, … */
  state: string;
}

export interface Certificate {
  path: string;
  names: readonly string[];
  notAfter: string | null;
  error: string | null;
}

export interface ServerFact {
  name: string;
  address: string;
  /** First word of HAProxy's status: UP, DOWN, DRAIN, MAINT, no (no check); unknown without the admin socket. */
  state: string;
}

export interface HaproxyFacts {
  active: boolean;
  unitState: string | null;
  version: string | null;
  configPath: string | null;
  configFingerprint: string | null;
  adminSocket: boolean;
  /** Totals over all proxies; null without the admin socket. */
  stats: Readonly<Record<string, number>> | null;
  listeners: readonly { proxy: string; address: string; port: string; ssl: boolean }[];
  frontends: readonly { name: string; mode: string | null; defaultBackend: string | null }[];
  backends: readonly { name: string; servers: readonly ServerFact[] }[];
}

/** The last report of a member, as far as it could be read. Everything in it is what the host said: text, never markup. */
export interface HostFacts {
  osName: string | null;
  osFamily: string | null;
  kernel: string | null;
  uptimeSec: number | null;
  cpuCount: number | null;
  cpuPct: number | null;
  memory: Amount | null;
  swap: Amount | null;
  disks: readonly Disk[];
  load: readonly number[];
  network: readonly { name: string; rxBytes: number; txBytes: number }[];
  services: readonly Service[];
  firewall: { kind: string; enabled: boolean; rules: number | null; zone: string | null } | null;
  certificates: readonly Certificate[];
  pendingUpdates: number | null;
  securityUpdates: number | null;
  rebootRequired: boolean | null;
  agentVersion: number | null;
  /** What the agent itself complains about. */
  degraded: readonly string[];
  /** The host's own veto file, when there is one. */
  policy: { present: boolean; fault: string | null; deny: readonly string[]; denyDanger: readonly string[] };
  haproxy: HaproxyFacts | null;
  /** Other stacks that were found, with their version where it is known. */
  stacks: readonly { name: string; version: string | null }[];
}

export interface Amount {
  totalBytes: number;
  usedBytes: number;
  usedPct: number;
}

export interface KnownFacts {
  ageSec: number | null;
  facts: HostFacts | null;
}

export const factsQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...keys.member(memberId), "facts"],
    queryFn: async (): Promise<KnownFacts> => {
      const found = await take(api.GET("/api/members/{memberId}/facts", { params: { path: { memberId } } }));
      return { ageSec: found.ageSec, facts: found.facts === null ? null : readFacts(found.facts) };
    },
    refetchInterval: 5_000,
  });

/** What the host reported last, asked for every 5 s. */
export const useFacts = (memberId: string) => useQuery(factsQuery(memberId));

/** Reads a report. Agents differ in age and hosts in honesty: what has another shape than expected is left out. */
export function readFacts(body: Readonly<Record<string, unknown>>): HostFacts {
  const host = object(body["host"]);
  const firewall = object(host["firewall"]);
  const policy = object(body["policy"]);
  const cpu = object(host["cpu"]);
  return {
    osName: text(host["osName"]),
    osFamily: text(host["osFamily"]),
    kernel: text(host["kernel"]),
    uptimeSec: number(host["uptimeSec"]),
    cpuCount: number(cpu["count"]),
    cpuPct: number(cpu["usedPct"]),
    memory: amount(host["memory"]),
    swap: amount(host["swap"]),
    disks: objects(host["disks"]).flatMap((row) => {
      const size = amount(row);
      const mount = text(row["mount"]);
      return size && mount ? [{ mount, ...size, inodesUsedPct: number(row["inodesUsedPct"]) }] : [];
    }),
    load: array(host["load"]).flatMap((value) => number(value) ?? []),
    network: objects(host["network"]).flatMap((row) => {
      const name = text(row["name"]);
      return name ? [{ name, rxBytes: number(row["rxBytes"]) ?? 0, txBytes: number(row["txBytes"]) ?? 0 }] : [];
    }),
    services: objects(host["services"]).flatMap((row) => {
      const name = text(row["name"]);
      const state = text(row["state"]) ?? text(row["active"]) ?? (row["active"] === true ? "active" : "inactive");
      return name ? [{ name, state }] : [];
    }),
    firewall: text(firewall["kind"])
      ? {
          kind: text(firewall["kind"]) ?? "none",
          enabled: firewall["enabled"] === true,
          rules: number(firewall["rules"]),
          zone: text(firewall["zone"]),
        }
      : null,
    certificates: objects(host["certificates"]).flatMap((row) => {
      const path = text(row["path"]);
      return path
        ? [{ path, names: texts(row["names"]), notAfter: time(row["notAfter"]), error: text(row["error"]) }]
        : [];
    }),
    pendingUpdates: number(host["pendingUpdates"]),
    securityUpdates: number(host["securityUpdates"]),
    rebootRequired: typeof host["rebootRequired"] === "boolean" ? host["rebootRequired"] : null,
    agentVersion: number(body["agentVersion"]),
    degraded: texts(body["degraded"]),
    policy: {
      present: policy["present"] === true,
      fault: text(policy["fault"]),
      deny: texts(policy["deny"]),
      denyDanger: texts(policy["denyDanger"]),
    },
    haproxy: isObject(body["haproxy"]) ? readHaproxy(body["haproxy"]) : null,
    stacks: ["cpanel", "openlitespeed", "mariadb"].flatMap((name) => {
      const block = object(body[name]);
      return block["detected"] === true ? [{ name, version: text(block["version"]) }] : [];
    }),
  };
}

function readHaproxy(block: Readonly<Record<string, unknown>>): HaproxyFacts {
  const topology = object(block["topology"]);
  const stats = isObject(block["stats"])
    ? Object.entries(block["stats"]).flatMap(([name, value]) => {
        const count = number(value);
        return count === null ? [] : [[name, count] as const];
      })
    : null;
  return {
    active: block["active"] === true,
    unitState: text(block["unitState"]),
    version: text(block["version"]),
    configPath: text(block["configPath"]),
    configFingerprint: text(block["configFingerprint"]),
    adminSocket: block["adminSocket"] === true,
    stats: stats && Object.fromEntries(stats),
    listeners: objects(block["listeners"]).map((row) => ({
      proxy: text(row["proxy"]) ?? "",
      address: text(row["address"]) ?? "*",
      port: text(row["ports"]) ?? String(number(row["port"]) ?? ""),
      ssl: row["ssl"] === true,
    })),
    frontends: objects(topology["frontends"]).flatMap((row) => {
      const name = text(row["name"]);
      return name ? [{ name, mode: text(row["mode"]), defaultBackend: text(row["defaultBackend"]) }] : [];
    }),
    backends: objects(topology["backends"]).flatMap((row) => {
      const name = text(row["name"]);
      if (!name) return [];
      const servers = objects(row["servers"]).flatMap((server) => {
        const called = text(server["name"]);
        return called
          ? [{ name: called, address: text(server["address"]) ?? "", state: text(server["state"]) ?? "unknown" }]
          : [];
      });
      return [{ name, servers }];
    }),
  };
}

/** The disk that is nearest to full: a mean would hide it. */
export function worstDisk(disks: readonly Disk[]): Disk | null {
  return disks.reduce<Disk | null>(
    (worst, disk) => (worst === null || disk.usedPct > worst.usedPct ? disk : worst),
    null,
  );
}

function amount(value: unknown): Amount | null {
  const { totalBytes, usedBytes } = object(value);
  const total = number(totalBytes);
  const used = number(usedBytes);
  if (total === null || used === null || total < 0) return null;
  return { totalBytes: total, usedBytes: used, usedPct: total === 0 ? 0 : (used / total) * 100 };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const objects = (value: unknown): Record<string, unknown>[] => array(value).filter(isObject);
const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const texts = (value: unknown): string[] => array(value).flatMap((one) => text(one) ?? []);
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const time = (value: unknown): string | null => {
  const said = text(value);
  return said !== null && !Number.isNaN(Date.parse(said)) ? said : null;
};
