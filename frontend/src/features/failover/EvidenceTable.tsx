import { Link } from "@tanstack/react-router";
import { short } from "../../lib/duration";
import { Pill } from "../../ui/Pill";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import c from "./EventPage.module.css";
import type { Incident } from "./eventQueries";
import type { Evidence, EvidenceMember } from "./evidence";
import { Gates, Votes } from "./Gates";

/** What the decision saw: each member with its conditions and votes, and what held for the installation. */
export function EvidenceTable({ evidence, incident }: { evidence: Evidence; incident: Incident }) {
  return (
    <section aria-labelledby="evidence">
      <h2 id="evidence" className={c["h2"]}>
        What the decision saw
      </h2>
      {evidence.weather.length > 0 && <p className={c["weather"]}>{evidence.weather.join(" ")}</p>}
      <DataTable
        rows={evidence.members}
        columns={columnsFor(incident)}
        rowKey={(member) => member.id}
        label="Members as the decision saw them"
      />
    </section>
  );
}

function columnsFor(incident: Incident): Column<EvidenceMember>[] {
  return [
    {
      id: "name",
      header: "Member",
      track: "minmax(150px, 1.2fr)",
      phone: "title",
      cell: (member) => (
        <span className={c["member"]}>
          <Link to="/pools/$pool/members/$member" params={{ pool: incident.poolId, member: member.id }}>
            {member.name}
          </Link>
          {member.id === incident.fromMemberId && <Pill tone="idle">Was active</Pill>}
          {member.id === incident.toMemberId && <Pill tone="active">Took over</Pill>}
        </span>
      ),
    },
    {
      id: "heard",
      header: "Last heartbeat",
      track: "110px",
      cell: (member) => (member.heartbeatAgeSec === null ? "never" : `${short(member.heartbeatAgeSec)} before`),
    },
    {
      id: "silence",
      header: "Proven silence",
      track: "110px",
      cell: (member) =>
        member.silenceSec === null ? "–" : member.silenceSec > 9e5 ? "always" : short(member.silenceSec),
    },
    { id: "haproxy", header: "HAProxy", track: "minmax(90px, 0.8fr)", cell: (member) => member.haproxy },
    {
      id: "address",
      header: "Address",
      track: "minmax(110px, 1fr)",
      cell: (member) => <span className="mono wrap">{member.addresses || "none"}</span>,
    },
    {
      id: "ready",
      header: "Conditions",
      track: "minmax(210px, 2fr)",
      cell: (member) => <Conditions member={member} />,
    },
  ];
}

function Conditions({ member }: { member: EvidenceMember }) {
  const met = member.gates.filter((gate) => gate.passed).length;
  return (
    <details className={c["gates"]}>
      <summary>
        {member.ready ? "Ready" : "Not ready"}: {met} of {member.gates.length} met
      </summary>
      <Gates gates={member.gates} />
      <Votes votes={member.votes} />
    </details>
  );
}
