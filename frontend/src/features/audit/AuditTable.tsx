import { Button } from "@mantine/core";
import { useMemo } from "react";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Moment } from "../../ui/time/Moment";
import c from "./audit.module.css";
import { actionWords, NOTHING, pairsOf } from "./details";
import type { Entry } from "./entries";

export function AuditTable({ rows, onOpen }: { rows: readonly Entry[]; onOpen: (entry: Entry) => void }) {
  const columns = useMemo(() => columnsOf(onOpen), [onOpen]);
  return <DataTable rows={rows} columns={columns} rowKey={(row) => String(row.seq)} label="Audit trail" />;
}

const columnsOf = (open: (entry: Entry) => void): Column<Entry>[] => [
  {
    id: "action",
    header: "Action",
    track: "minmax(190px, 1.2fr)",
    phone: "title",
    cell: (row) => (
      <span>
        {actionWords(row.action)}
        <span className={`${c["quiet"]} mono`}>{row.action}</span>
      </span>
    ),
  },
  { id: "at", header: "When", track: "minmax(186px, 1fr)", cell: (row) => <Moment at={row.at} /> },
  {
    id: "actor",
    header: "Who",
    track: "minmax(150px, 1.2fr)",
    cell: (row) => (
      <span className={c["who"]}>
        {row.actor.name}
        <span className={c["quiet"]}>{row.address ? `${row.actor.kind}, ${row.address}` : row.actor.kind}</span>
      </span>
    ),
  },
  {
    id: "target",
    header: "Target",
    track: "minmax(104px, 0.7fr)",
    cell: (row) => (
      <span className={c["who"]}>
        {row.targetType.replace(/_/g, " ")}
        {row.targetId && <span className={`${c["quiet"]} mono`}>{row.targetId.slice(0, 8)}</span>}
      </span>
    ),
  },
  {
    id: "details",
    header: "Details",
    track: "minmax(160px, 1.8fr)",
    cell: (row) => <Pairs row={row} />,
  },
  {
    id: "open",
    header: "All of it",
    track: "84px",
    cell: (row) => (
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Open entry ${row.seq}, ${actionWords(row.action)}`}
        onClick={() => open(row)}
      >
        Open
      </Button>
    ),
  },
];

function Pairs({ row }: { row: Entry }) {
  const pairs = pairsOf(row.details).filter(([, value]) => value !== NOTHING);
  if (pairs.length === 0) return null;
  return (
    <p className={c["pairs"]}>
      {pairs.slice(0, 6).map(([name, value], place) => (
        <span key={name}>
          {place > 0 && ", "}
          <b>{name}</b> {value}
        </span>
      ))}
    </p>
  );
}
