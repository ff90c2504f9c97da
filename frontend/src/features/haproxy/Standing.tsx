import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Pill } from "../../ui/Pill";
import { Ago } from "../../ui/time/Moment";
import type { Haproxy } from "./haproxyQueries";

/** What the host says of its HAProxy, and which version should be live there. */
export function Standing({ haproxy }: { haproxy: Haproxy }) {
  const { seen, active, version, configPath, adminSocket, current, drift } = haproxy;
  const service = active ? <Pill tone="ok">Running</Pill> : <Pill tone="down">Not running</Pill>;
  const release = version === null ? "Not known" : <span className="mono">{version}</span>;
  const file = configPath === null ? "Not known" : <span className="mono wrap">{configPath}</span>;
  const socket = adminSocket ? "Open to the agent" : "Not set up: run its recipe";
  const compared = <Drift state={drift.state} />;
  const looked = drift.lookedAt === null ? "Never" : <Ago at={drift.lookedAt} />;
  return (
    <Card title="HAProxy on this host">
      <Facts
        items={[
          ["Service", seen ? service : "Not reported"],
          ["HAProxy", release],
          ["Configuration file", file],
          ["Admin socket", adminSocket === null ? "Not known" : socket],
          ["Should be live", current === null ? "Not imported yet" : `Version ${current.number}`],
          ["Host runs it", compared],
          ["Last look", looked],
        ]}
      />
    </Card>
  );
}

function Drift({ state }: { state: Haproxy["drift"]["state"] }) {
  if (state === "same") return <Pill tone="ok">The same</Pill>;
  if (state === "changed") return <Pill tone="late">Changed on the host</Pill>;
  return <Pill tone="idle">Not known</Pill>;
}
