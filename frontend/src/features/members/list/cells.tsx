import { Link } from "@tanstack/react-router";
import { type LiveBeat, useBeat } from "../../../api/beats";
import { healthOf } from "../../../api/health";
import type { PoolMember } from "../../../api/pool";
import { brief, percent } from "../../../lib/numbers";
import { BeatAge } from "../../../ui/BeatAge";
import { Pill } from "../../../ui/Pill";
import type { Column } from "../../../ui/table/columns";
import { Moment } from "../../../ui/time/Moment";
import { templateLabel } from "../enrol/templates";
import { isSilent } from "../panel/standing";
import c from "./list.module.css";
import { SORTS } from "./rows";

// Cells that show live values are components of their own: one beat repaints these and not the row.

export function StateCell({ member }: { member: PoolMember }) {
  const beat = useBeat(member.id);
  const health = healthOf({ ...beat, haproxyMonitored: member.heartbeat?.haproxyMonitored });
  return <Pill tone={health.tone}>{health.word}</Pill>;
}

function AgeCell({ id }: { id: string }) {
  return <BeatAge heardAt={useBeat(id).heardAt} />;
}

type Measured = "cpuPct" | "memoryPct" | "load" | "sessions";

function LiveNumber({ id, of, as }: { id: string; of: Measured; as: (value: number) => string }) {
  const beat: LiveBeat = useBeat(id);
  const value = beat[of];
  return (
    <span className={c["live"]} data-dim={isSilent(beat.state)}>
      {value === null ? "–" : as(value)}
    </span>
  );
}

function RoleCell({ member, haproxy }: { member: PoolMember; haproxy: boolean }) {
  return (
    <span className={c["pills"]}>
      {member.active ? (
        <Pill tone="active">Active</Pill>
      ) : (
        haproxy && <span>{member.neverPromote ? "Never promoted" : "Standby"}</span>
      )}
      {member.maintenance && <Pill tone="info">Maintenance</Pill>}
    </span>
  );
}

export function NameLink({
  id,
  poolId,
  displayName,
  hostname,
}: {
  id: string;
  poolId: string;
  displayName: string;
  hostname: string;
}) {
  return (
    <span className={c["name"]}>
      <Link to="/pools/$pool/members/$member/control-panel" params={{ pool: poolId, member: id }}>
        {displayName}
      </Link>
      {displayName !== hostname && <small className="mono">{hostname}</small>}
    </span>
  );
}

/** Every column there is; `usual` ones are shown when nobody chose. */
export function columnsOf(haproxy: boolean): (Column<PoolMember> & { usual?: boolean })[] {
  const live = (id: string, header: string, of: Measured, as: (value: number) => string) => ({
    id,
    header,
    align: "right" as const,
    track: "minmax(76px, 0.6fr)",
    sortBy: SORTS[id] ?? (() => null),
    cell: (member: PoolMember) => <LiveNumber id={member.id} of={of} as={as} />,
  });
  const sortBy = (id: string) => SORTS[id] ?? (() => null);
  return [
    {
      id: "name",
      header: "Member",
      usual: true,
      phone: "title",
      track: "minmax(170px, 1.8fr)",
      sortBy: sortBy("name"),
      cell: (member) => <NameLink {...member} />,
    },
    {
      id: "state",
      header: "State",
      usual: true,
      track: "minmax(146px, 0.9fr)",
      sortBy: sortBy("state"),
      cell: (member) => <StateCell member={member} />,
    },
    {
      id: "beat",
      header: "Heartbeat",
      usual: true,
      track: "minmax(92px, 0.7fr)",
      cell: (member) => <AgeCell id={member.id} />,
    },
    {
      id: "role",
      header: "Role",
      usual: true,
      track: "minmax(110px, 0.9fr)",
      sortBy: sortBy("role"),
      cell: (member) => <RoleCell member={member} haproxy={haproxy} />,
    },
    { ...live("cpu", "CPU", "cpuPct", percent), usual: true },
    { ...live("memory", "Memory", "memoryPct", percent), usual: true },
    {
      id: "disk",
      header: "Disk",
      usual: true,
      align: "right",
      track: "minmax(76px, 0.6fr)",
      sortBy: sortBy("disk"),
      cell: (member) => {
        const value = member.metrics?.diskPct ?? null;
        return value === null ? "–" : percent(value);
      },
    },
    live("load", "Load", "load", (value) => value.toFixed(2)),
    { ...live("sessions", "Sessions", "sessions", brief), usual: haproxy },
    {
      id: "agent",
      header: "Agent",
      usual: true,
      track: "minmax(92px, 0.6fr)",
      sortBy: sortBy("agent"),
      cell: (member) => {
        const version = member.heartbeat?.agentVersion;
        if (version == null) return "–";
        return member.agentOutdated ? <Pill tone="late">{`v${version}`}</Pill> : `v${version}`;
      },
    },
    {
      id: "address",
      header: "Address",
      track: "minmax(130px, 1fr)",
      sortBy: sortBy("address"),
      cell: (member) => (
        <span className="mono wrap">{member.publicIps[0] ?? member.heartbeat?.ip ?? member.allowedIps[0]}</span>
      ),
    },
    {
      id: "template",
      header: "Template",
      track: "minmax(130px, 1fr)",
      cell: (member) => templateLabel(member.template),
    },
    {
      id: "system",
      header: "System",
      track: "minmax(130px, 1fr)",
      cell: (member) => <span className="wrap">{member.osName ?? "–"}</span>,
    },
    {
      id: "place",
      header: "Location",
      track: "minmax(100px, 0.8fr)",
      cell: (member) => <span className="wrap">{member.location?.name ?? "–"}</span>,
    },
    {
      id: "priority",
      header: "Priority",
      align: "right",
      track: "minmax(80px, 0.5fr)",
      sortBy: sortBy("priority"),
      cell: (member) => member.priority,
    },
    {
      id: "added",
      header: "Added",
      track: "minmax(110px, 0.8fr)",
      sortBy: sortBy("added"),
      cell: (member) => <Moment at={member.createdAt} as="day" />,
    },
  ];
}
