import type { PoolDns } from "../../api/pool";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { Ago } from "../../ui/time/Moment";
import c from "./name.module.css";
import { type RecordLine, recordLines } from "./nameWords";

/** What the pool wants at its name against what was seen there. */
export function RecordsTable({ dns }: { dns: PoolDns }) {
  const lines = recordLines(dns);
  return (
    <Card
      title="Records at the name"
      right={
        dns.observedAt && (
          <span className={c["aside"]}>
            Seen <Ago at={dns.observedAt} />
          </span>
        )
      }
      flush
    >
      {lines.length === 0 ? (
        <p className={c["none"]}>
          {dns.observedAt
            ? "Nothing stands at the name, and the pool has not ordered an address yet: the first active member writes it."
            : "Nobody has looked yet. Refresh reads the records now."}
        </p>
      ) : (
        <table className={c["records"]}>
          <thead>
            <tr>
              <th scope="col">Record</th>
              <th scope="col">Wanted</th>
              <th scope="col">Seen</th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={`${line.type} ${line.value}`}>
                <th scope="row" className="mono wrap">
                  <span className={c["type"]}>{line.type}</span> {line.value}
                </th>
                <td>{dns.wanted === null ? "Not set" : line.wanted ? "Yes" : "No"}</td>
                <td>{dns.observedAt === null ? "Not looked" : line.observed ? "Yes" : "No"}</td>
                <td>{verdict(line, dns)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {dns.adopted && <p className={c["tableNote"]}>The name is adopted: records that others add are removed.</p>}
    </Card>
  );
}

function verdict(line: RecordLine, dns: PoolDns) {
  if (dns.observedAt === null) return <Pill tone="idle">Unknown</Pill>;
  if (line.wanted && line.observed) return <Pill tone="ok">In sync</Pill>;
  if (dns.wanted === null) return <Pill tone="idle">Found</Pill>;
  if (line.wanted) return <Pill tone="late">Missing</Pill>;
  return <Pill tone={dns.state === "conflict" ? "down" : "late"}>Surplus</Pill>;
}
