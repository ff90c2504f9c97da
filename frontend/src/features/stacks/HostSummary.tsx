import type { HostFacts } from "../../api/facts";
import type { PoolMember } from "../../api/pool";
import { bytes } from "../../lib/bytes";
import { long } from "../../lib/duration";
import { percent, plural } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Pill } from "../../ui/Pill";
import c from "./stacks.module.css";

/** The host and its agent, as last reported; nothing here can be changed. */
export function HostSummary({ member, facts, silent }: { member: PoolMember; facts: HostFacts; silent: boolean }) {
  return (
    <div className={c["two"]}>
      <Card title="System and agent">
        <Facts
          items={[
            ["System", facts.osName ?? "Unknown"],
            ["Family", FAMILIES[facts.osFamily ?? ""] ?? facts.osFamily ?? "Unknown"],
            ["Kernel", facts.kernel ?? "Unknown"],
            ["Up", facts.uptimeSec === null ? "Unknown" : long(facts.uptimeSec)],
            [
              "Agent",
              facts.agentVersion === null ? (
                "Unknown"
              ) : member.agentOutdated ? (
                <Pill key="agent" tone="late">{`v${facts.agentVersion}, a newer one is out`}</Pill>
              ) : (
                `v${facts.agentVersion}, the latest`
              ),
            ],
            ["Template", member.template.replaceAll("_", " ")],
            [
              "Stacks",
              facts.stacks.length === 0 && facts.haproxy === null
                ? "None found"
                : [
                    ...(facts.haproxy ? [`haproxy ${facts.haproxy.version ?? ""}`] : []),
                    ...facts.stacks.map((one) => `${one.name} ${one.version ?? ""}`),
                  ]
                    .map((one) => one.trim())
                    .join(", "),
            ],
            ["Host policy", policySays(facts)],
          ]}
        />
      </Card>
      <Card title="Load and memory">
        <Facts
          items={[
            [
              "CPU",
              facts.cpuPct === null ? "Unknown" : `${percent(facts.cpuPct)} of ${plural(facts.cpuCount ?? 1, "core")}`,
            ],
            ["Load", facts.load.length === 0 ? "Unknown" : facts.load.map((one) => one.toFixed(2)).join(", ")],
            [
              "Memory",
              facts.memory
                ? `${percent(facts.memory.usedPct)}, ${bytes(facts.memory.usedBytes)} of ${bytes(facts.memory.totalBytes)}`
                : "Unknown",
            ],
            ["Swap", facts.swap ? `${bytes(facts.swap.usedBytes)} of ${bytes(facts.swap.totalBytes)}` : "Unknown"],
            ["Pending updates", updates(facts)],
            ["Restart required", facts.rebootRequired === null ? "Unknown" : facts.rebootRequired ? "Yes" : "No"],
            ["Firewall", firewall(facts)],
          ]}
        />
      </Card>
      <Card title="Disks" flush={facts.disks.length > 0}>
        {facts.disks.length === 0 ? (
          <p className={c["about"]}>No disk was reported.</p>
        ) : (
          <table className={c["table"]} aria-label="Disks">
            <thead>
              <tr>
                <th scope="col">Mounted at</th>
                <th scope="col">Used</th>
                <th scope="col">Inodes</th>
              </tr>
            </thead>
            <tbody>
              {[...facts.disks]
                .sort((a, b) => b.usedPct - a.usedPct)
                .map((disk) => (
                  <tr key={disk.mount}>
                    <th scope="row">{disk.mount}</th>
                    <td data-label="Used">
                      <span>
                        {percent(disk.usedPct)}, {bytes(disk.usedBytes)} of {bytes(disk.totalBytes)}
                        <span
                          className={c["bar"]}
                          data-tone={toneOf(disk.usedPct, silent)}
                          aria-hidden
                          style={{ display: "block" }}
                        >
                          <i style={{ width: `${Math.min(100, disk.usedPct)}%` }} />
                        </span>
                      </span>
                    </td>
                    <td data-label="Inodes">{disk.inodesUsedPct === null ? "–" : percent(disk.inodesUsedPct)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        )}
      </Card>
      <Card title="Network" flush={facts.network.length > 0}>
        {facts.network.length === 0 ? (
          <p className={c["about"]}>No interface was reported.</p>
        ) : (
          <table className={c["table"]} aria-label="Network">
            <thead>
              <tr>
                <th scope="col">Interface</th>
                <th scope="col">Received since boot</th>
                <th scope="col">Sent since boot</th>
              </tr>
            </thead>
            <tbody>
              {facts.network.map((one) => (
                <tr key={one.name}>
                  <th scope="row">{one.name}</th>
                  <td data-label="Received since boot">{bytes(one.rxBytes)}</td>
                  <td data-label="Sent since boot">{bytes(one.txBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
    </div>
  );
}

const FAMILIES: Record<string, string> = { debian: "Debian, Ubuntu", rhel: "RHEL family", other: "Another family" };

function updates({ pendingUpdates, securityUpdates }: HostFacts): string {
  if (pendingUpdates === null) return "Unknown";
  if (pendingUpdates === 0) return "None";
  return `${plural(pendingUpdates, "package")}${securityUpdates ? `, ${securityUpdates} for security` : ""}`;
}

function firewall({ firewall: found }: HostFacts): string {
  if (found === null) return "Unknown";
  if (found.kind === "none") return "None found";
  const more = found.rules === null ? (found.zone ? `, zone ${found.zone}` : "") : `, ${plural(found.rules, "rule")}`;
  return `${found.kind} ${found.enabled ? "on" : "off"}${more}`;
}

function policySays({ policy }: HostFacts): string {
  if (!policy.present) return "None: every command is accepted";
  if (policy.fault) return `Faulty, so nothing is accepted: ${policy.fault}`;
  const denied = [...policy.deny, ...policy.denyDanger.map((one) => `class ${one}`)];
  return denied.length === 0 ? "Present, denies nothing by name" : `Denies ${denied.join(", ")}`;
}

const toneOf = (used: number, silent: boolean) => (silent || used < 75 ? "ok" : used < 92 ? "late" : "down");
