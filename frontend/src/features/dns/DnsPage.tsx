import { Button, Select, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { api, take, takeAll, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { plural } from "../../lib/numbers";
import type { RawSearch } from "../../lib/search";
import { Empty } from "../../ui/Empty";
import { PageHeader } from "../../ui/PageHeader";
import { Section } from "../../ui/Section";
import { type Column, readSort, sortText } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Ago } from "../../ui/time/Moment";
import { NamePill } from "./NamePill";
import c from "./names.module.css";
import { stateWord } from "./nameWords";
import { NAME_STATES, namesSearch } from "./search";

type Name = Wire<"AccountDnsOut">;

const PAGE = 200;
/** A name that needs a look stands first. */
const ORDER: readonly Name["state"][] = ["error", "conflict", "drift", "unknown", "in_sync"];

const COLUMNS: readonly Column<Name>[] = [
  {
    id: "name",
    header: "Name",
    track: "minmax(200px, 1.6fr)",
    phone: "title",
    sortBy: (row) => row.fqdn,
    cell: (row) => (
      <Link to="/pools/$pool/managed-dns" params={{ pool: row.poolId }} className={`${c["name"]} mono wrap`}>
        {row.fqdn}
      </Link>
    ),
  },
  {
    id: "pool",
    header: "Pool",
    track: "minmax(120px, 1fr)",
    sortBy: (row) => row.poolName,
    cell: (row) => (
      <Link to="/pools/$pool" params={{ pool: row.poolId }} className={`${c["pool"]} wrap`}>
        {row.poolName}
      </Link>
    ),
  },
  {
    id: "state",
    header: "State",
    track: "minmax(170px, 1.3fr)",
    sortBy: (row) => ORDER.indexOf(row.state),
    cell: (row) => (
      <span className={c["state"]}>
        <NamePill state={row.state} />
        {row.preflight?.colour === "red" && <span className={c["red"]}>A failover could not change it</span>}
      </span>
    ),
  },
  {
    id: "target",
    header: "Points to",
    track: "minmax(130px, 1fr)",
    sortBy: (row) => row.currentTarget[0] ?? null,
    cell: (row) => <span className="mono wrap">{row.currentTarget.join(", ") || "No address"}</span>,
  },
  {
    id: "key",
    header: "API key",
    track: "minmax(110px, 1fr)",
    sortBy: (row) => row.credentialName,
    cell: (row) => <span className="wrap">{row.credentialName}</span>,
  },
  {
    id: "seen",
    header: "Seen",
    track: "110px",
    sortBy: (row) => row.observedAt && Date.parse(row.observedAt),
    cell: (row) => (row.observedAt ? <Ago at={row.observedAt} /> : "Not yet"),
  },
];

/** The names of all pools of the account. */
export function DnsPage() {
  const { q, state, sort: sortWord } = namesSearch(useSearch({ strict: false }));
  const navigate = useNavigate({ from: "/dns" });
  const set = (next: RawSearch) =>
    void navigate({ search: (old) => namesSearch({ ...old, ...next }), replace: true, resetScroll: false });
  const names = useQuery({
    queryKey: keys.dns,
    queryFn: () =>
      takeAll<Name>(
        (cursor) => take(api.GET("/api/dns", { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } })),
        5000,
      ),
    refetchInterval: 30_000,
  });
  const sort = readSort(
    sortWord,
    COLUMNS.map((column) => column.id),
  ) ?? { id: "state", desc: false };
  return (
    <>
      <PageHeader
        title="DNS"
        facts={names.data && names.data.length > 0 && <Facts names={names.data} />}
        actions={
          <Button variant="default" component={Link} to="/settings/api-providers">
            API providers
          </Button>
        }
      />
      <Section
        query={names}
        isEmpty={(all) => all.length === 0}
        empty={
          <Empty
            action={
              <Button component={Link} to="/pools">
                Show the pools
              </Button>
            }
          >
            No pool has a name yet: open a pool and connect it under Managed DNS.
          </Empty>
        }
      >
        {(all) => {
          const found = all.filter((row) => fits(row, q, state));
          return (
            <>
              <div className={c["filters"]}>
                <TextInput
                  type="search"
                  aria-label="Find a name or pool"
                  placeholder="Find a name, pool or address"
                  leftSection={<IconSearch size={15} aria-hidden />}
                  value={q ?? ""}
                  onChange={(event) => set({ q: event.currentTarget.value })}
                />
                <Select
                  aria-label="State"
                  data={[
                    { value: "", label: "All states" },
                    ...NAME_STATES.map((value) => ({ value, label: stateWord(value).word })),
                  ]}
                  value={state ?? ""}
                  allowDeselect={false}
                  onChange={(value) => set({ state: value })}
                />
              </div>
              <DataTable
                rows={found}
                columns={COLUMNS}
                rowKey={(row) => row.poolId}
                label="Names of pools"
                sort={sort}
                onSort={(next) => set({ sort: sortText(next) })}
                empty={
                  <Empty
                    action={
                      <Button
                        variant="default"
                        onClick={() => void navigate({ search: {}, replace: true, resetScroll: false })}
                      >
                        Clear the filters
                      </Button>
                    }
                  >
                    No name fits these filters.
                  </Empty>
                }
              />
            </>
          );
        }}
      </Section>
    </>
  );
}

function Facts({ names }: { names: readonly Name[] }) {
  const off = names.filter((row) => row.state !== "in_sync").length;
  return (
    <>
      <span>{plural(names.length, "name")}</span>
      <span>{off === 0 ? "All in sync" : `${off} not in sync`}</span>
    </>
  );
}

function fits(row: Name, q: string | undefined, state: Name["state"] | undefined): boolean {
  if (state !== undefined && row.state !== state) return false;
  if (q === undefined) return true;
  const needle = q.trim().toLowerCase();
  return [row.fqdn, row.poolName, ...row.currentTarget].some((text) => text.toLowerCase().includes(needle));
}
