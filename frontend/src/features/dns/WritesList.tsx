import { useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Ago } from "../../ui/time/Moment";
import c from "./name.module.css";

type Write = Wire<"WriteOut">;

const COLUMNS: readonly Column<Write>[] = [
  {
    id: "change",
    header: "Change",
    track: "minmax(200px, 1fr)",
    phone: "title",
    cell: (write) => (
      <span className="wrap">
        <span className={c["type"]}>{write.type}</span>{" "}
        <span className="mono">
          {write.old ?? "nothing"} → {write.new ?? "removed"}
        </span>
        <span className={c["at"]}>{write.fqdn}</span>
      </span>
    ),
  },
  {
    id: "why",
    header: "Outcome",
    track: "140px",
    cell: (write) =>
      write.certain ? (
        <Pill tone="ok">{write.restored ? "Put back" : "Written"}</Pill>
      ) : (
        <Pill tone="late">Not confirmed</Pill>
      ),
  },
  { id: "at", header: "When", track: "110px", cell: (write) => <Ago at={write.at} /> },
];

/** The last records that we wrote at the pool's name. */
export function WritesList({ poolId }: { poolId: string }) {
  const writes = useQuery({
    queryKey: [...keys.pool(poolId), "dns", "writes"],
    queryFn: async () =>
      (
        await take(
          api.GET("/api/pools/{poolId}/dns/writes", { params: { path: { poolId }, query: { limit: WRITES_SHOWN } } }),
        )
      ).items,
    refetchInterval: 60_000,
  });
  return (
    <section>
      <h2 className={c["head"]}>What we wrote</h2>
      <Section
        query={writes}
        isEmpty={(all) => all.length === 0}
        empty={<p className={c["boxed"]}>Nothing was written at this name yet.</p>}
      >
        {(all) => <DataTable rows={all} columns={COLUMNS} rowKey={(write) => write.id} label="Records that we wrote" />}
      </Section>
    </section>
  );
}

const WRITES_SHOWN = 50;
