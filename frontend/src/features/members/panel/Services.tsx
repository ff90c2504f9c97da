import type { HostFacts } from "../../../api/facts";
import { Card } from "../../../ui/Card";
import { Pill } from "../../../ui/Pill";
import type { Tone } from "../../../ui/tones";
import c from "./panel.module.css";

const WORDS: Record<string, { word: string; tone: Tone }> = {
  active: { word: "Running", tone: "ok" },
  reloading: { word: "Reloading", tone: "ok" },
  failed: { word: "Failed", tone: "down" },
  inactive: { word: "Stopped", tone: "idle" },
  activating: { word: "Starting", tone: "late" },
  deactivating: { word: "Stopping", tone: "late" },
};

const ABOUT: Record<string, string> = {
  haproxy: "Load balancer",
  keepalived: "Virtual addresses",
  nginx: "Web server",
  apache2: "Web server",
  httpd: "Web server",
  lsws: "LiteSpeed web server",
  lshttpd: "LiteSpeed web server",
  mariadb: "Database",
  mysql: "Database",
  mysqld: "Database",
  postgresql: "Database",
  redis: "In-memory store",
  "redis-server": "In-memory store",
  ssh: "Remote shell",
  sshd: "Remote shell",
  cron: "Scheduled jobs",
  crond: "Scheduled jobs",
  nftables: "Firewall",
  firewalld: "Firewall",
  ufw: "Firewall",
  fail2ban: "Blocks repeated failed sign-ins",
  chrony: "Clock",
  chronyd: "Clock",
  "systemd-timesyncd": "Clock",
  cpanel: "Hosting panel",
  exim: "Mail transport",
  dovecot: "Mailboxes",
  named: "DNS server",
  pdns: "DNS server",
};

// What the host is there for stands above what keeps it running.
const FIRST = ["haproxy", "cpanel", "lsws", "lshttpd", "mariadb", "mysql", "mysqld", "nginx", "apache2", "httpd"];
const ORDER = ["failed", "activating", "deactivating", "reloading", "active"];

/** The units that matter on this host; failed ones first. */
export function Services({ facts, silent }: { facts: HostFacts; silent: boolean }) {
  const rank = (state: string) => (ORDER.indexOf(state) + ORDER.length + 1) % (ORDER.length + 1);
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const services = [...facts.services].sort(
    (a, b) => rank(a.state) - rank(b.state) || place(a.name) - place(b.name) || a.name.localeCompare(b.name, "en"),
  );
  return (
    <Card title="Services" flush={services.length > 0}>
      {services.length === 0 ? (
        <p className={c["about"]}>The agent found none of the units that it watches.</p>
      ) : (
        <table className={c["table"]} aria-label="Services">
          <thead>
            <tr>
              <th scope="col">Unit</th>
              <th scope="col">{silent ? "State when last heard" : "State"}</th>
            </tr>
          </thead>
          <tbody>
            {services.map(({ name, state }) => {
              const { word, tone } = WORDS[state] ?? { word: state, tone: "idle" as const };
              return (
                <tr key={name}>
                  <td>
                    <span className={c["unit"]}>{name}</span>
                    <span className={c["about"]}>
                      {name === "haproxy" && facts.haproxy?.version
                        ? `Load balancer ${facts.haproxy.version}`
                        : ABOUT[name]}
                    </span>
                  </td>
                  <td>
                    <Pill tone={silent ? "idle" : tone}>{word}</Pill>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Card>
  );
}
