import type { HaproxyFacts } from "../../api/facts";
import type { PoolMember } from "../../api/pool";
import { bytes } from "../../lib/bytes";
import { brief } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { CopyButton } from "../../ui/CopyButton";
import { Facts } from "../../ui/Facts";
import { Pill } from "../../ui/Pill";
import { AdminSocketNote } from "./AdminSocketNote";
import { Servers } from "./Servers";
import c from "./stacks.module.css";

interface Props {
  member: PoolMember;
  haproxy: HaproxyFacts;
  silent: boolean;
}

/** HAProxy's own numbers, its proxies and servers, and where it listens. */
export function HaproxyStatus({ member, haproxy, silent }: Props) {
  return (
    <>
      {!haproxy.adminSocket && <AdminSocketNote member={member} running={haproxy.active} silent={silent} />}
      {haproxy.stats && <Totals stats={haproxy.stats} />}
      <Servers member={member} haproxy={haproxy} silent={silent} />
      <div className={c["two"]}>
        <Card title="Frontends and listeners" flush>
          <Listeners haproxy={haproxy} />
        </Card>
        <Card title="Process">
          <Facts
            items={[
              [
                "State",
                <Pill key="state" tone={silent ? "idle" : haproxy.active ? "ok" : "down"}>
                  {silent ? "Unknown" : haproxy.active ? "Running" : "Not running"}
                </Pill>,
              ],
              ["Unit", haproxy.unitState ?? "No unit is known"],
              ["Version", haproxy.version ?? "Unknown"],
              [
                "Configuration",
                <span key="path" className={c["mono"]}>
                  {haproxy.configPath ?? "Unknown"}
                </span>,
              ],
              [
                "Fingerprint",
                haproxy.configFingerprint ? (
                  <span key="print" className={c["mono"]}>
                    {haproxy.configFingerprint.slice(0, 16)}{" "}
                    <CopyButton bare value={haproxy.configFingerprint} label="Copy the whole fingerprint" />
                  </span>
                ) : (
                  "Unknown"
                ),
              ],
              ["Admin socket", haproxy.adminSocket ? "Answers" : "Not enabled, or it does not answer"],
            ]}
          />
        </Card>
      </div>
    </>
  );
}

const TOTALS: readonly (readonly [name: string, label: string, as?: (value: number) => string])[] = [
  ["sessions", "Sessions now"],
  ["sessionRate", "Sessions a second"],
  ["requestRate", "Requests a second"],
  ["queued", "Queued"],
  ["bytesIn", "Received", bytes],
  ["bytesOut", "Sent", bytes],
  ["requestsTotal", "Requests"],
  ["sessionsTotal", "Sessions"],
  ["http5xx", "5xx answers"],
  ["connectErrors", "Connect errors"],
  ["serversUp", "Servers up"],
  ["serversDown", "Servers down"],
];

/** Totals over all proxies. Counters begin anew with each reload, and say so. */
function Totals({ stats }: { stats: Readonly<Record<string, number>> }) {
  return (
    <section aria-label="HAProxy in numbers">
      <dl className={c["totals"]}>
        {TOTALS.map(([name, label, as = brief]) => {
          const value = stats[name];
          const bad = value !== undefined && value > 0 && (name === "serversDown" || name === "queued");
          return (
            <div key={name} className={c["total"]} data-tone={bad ? "down" : undefined}>
              <dt>{label}</dt>
              <dd>{value === undefined ? "–" : as(value)}</dd>
            </div>
          );
        })}
      </dl>
      <p className={c["about"]}>Counters begin anew whenever HAProxy is reloaded.</p>
    </section>
  );
}

function Listeners({ haproxy }: { haproxy: HaproxyFacts }) {
  const names = [
    ...new Set([...haproxy.frontends.map((one) => one.name), ...haproxy.listeners.map((one) => one.proxy)]),
  ];
  if (names.length === 0) return <p className={c["about"]}>No frontend is known.</p>;
  return (
    <table className={c["table"]} aria-label="Frontends and listeners">
      <thead>
        <tr>
          <th scope="col">Proxy</th>
          <th scope="col">Mode</th>
          <th scope="col">Listens on</th>
          <th scope="col">Default backend</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const front = haproxy.frontends.find((one) => one.name === name);
          const listens = haproxy.listeners.filter((one) => one.proxy === name);
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td data-label="Mode">{front?.mode ?? "–"}</td>
              <td data-label="Listens on" className={c["mono"]}>
                {listens.length === 0
                  ? "–"
                  : listens
                      .map((one) => `${one.address}${one.port ? `:${one.port}` : ""}${one.ssl ? " (TLS)" : ""}`)
                      .join(", ")}
              </td>
              <td data-label="Default backend" className={c["mono"]}>
                {front?.defaultBackend ?? "–"}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
