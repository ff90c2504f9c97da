import { Button } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { healthOf } from "../../api/health";
import type { Member } from "../../api/member";
import { short } from "../../lib/duration";
import { plural } from "../../lib/numbers";
import { Empty } from "../../ui/Empty";
import { PageHeader } from "../../ui/PageHeader";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { type Column, readSort, sortText } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Ago, Moment } from "../../ui/time/Moment";
import { templateLabel } from "./enrol/templates";
import { NameLink } from "./list/cells";
import { FilterBar } from "./list/FilterBar";
import c from "./list/list.module.css";
import { SavedFilters } from "./list/SavedFilters";
import { SERVER_SORTS, type ServerSort, useMemberPages, usePoolLabels } from "./list/useMemberPages";
import { membersSearch } from "./search";

const USUAL = ["hostname", "pool", "state", "beat", "role", "template", "address", "agent"];

/** The members of all pools. The server searches and sorts; states are of the moment when they were read. */
export function AllMembersPage() {
  const search = membersSearch(useSearch({ strict: false }));
  const { q = "", state } = search;
  const sort = readSort(search.sort, SERVER_SORTS) ?? { id: "hostname", desc: false };
  const navigate = useNavigate();
  const pages = useMemberPages(q, (sortText(sort) ?? "hostname") as ServerSort);
  const pools = usePoolLabels();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  // The server does not filter by state: all pages are looked through.
  useEffect(() => {
    if (state !== undefined && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [state, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const go = (change: Record<string, unknown>) =>
    void navigate({
      to: "/members",
      search: membersSearch({ ...search, ...change }),
      replace: true,
      resetScroll: false,
    });
  const columns = useMemo(() => {
    const wanted = search.cols?.split(",") ?? USUAL;
    return columnsOf(pools).map((column) => ({
      ...column,
      shown: column.id === "hostname" || wanted.includes(column.id),
    }));
  }, [pools, search.cols]);
  const shown = useMemo(() => columns.filter((column) => column.shown), [columns]);
  const loaded = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const rows = useMemo(
    () => (state === undefined ? loaded : loaded.filter((member) => (member.heartbeat?.state ?? "unknown") === state)),
    [loaded, state],
  );
  const { add: _add, ...kept } = search;
  const filtered = q !== "" || state !== undefined;
  return (
    <>
      <PageHeader title="Members" facts={<span>The members of all pools</span>} />
      <FilterBar q={q} state={state} onFilter={go} columns={columns} onColumns={(ids) => go({ cols: ids.join(",") })}>
        <SavedFilters
          page="/members"
          search={new URLSearchParams(kept).toString()}
          onPick={(text) =>
            go({
              q: undefined,
              state: undefined,
              sort: undefined,
              cols: undefined,
              ...Object.fromEntries(new URLSearchParams(text)),
            })
          }
        />
      </FilterBar>
      <Section
        query={pages}
        isEmpty={() => rows.length === 0 && !hasNextPage}
        empty={
          filtered ? (
            <Empty
              action={
                <Button variant="default" onClick={() => go({ q: undefined, state: undefined })}>
                  Clear the filter
                </Button>
              }
            >
              No member matches this filter.
            </Empty>
          ) : (
            <Empty action={<Button renderRoot={(props) => <Link {...props} to="/pools" />}>Go to the pools</Button>}>
              There are no members yet. A member is added on the page of its pool.
            </Empty>
          )
        }
      >
        {() => (
          <>
            <p className={c["count"]}>
              {state === undefined
                ? `${plural(loaded.length, "member")}${hasNextPage ? ", and more below" : ""}`
                : `${rows.length} of ${plural(loaded.length, "member")}${hasNextPage ? ", still looking" : ""}`}
              <span>
                Read <Ago at={pages.dataUpdatedAt} />
              </span>
            </p>
            <DataTable
              label="Members of all pools"
              rows={rows}
              columns={shown}
              rowKey={(member) => member.id}
              rowLabel={(member) => member.displayName}
              sort={sort}
              onSort={(next) => go({ sort: sortText(next) })}
              ordered
            />
            {hasNextPage && (
              <div className={c["more"]}>
                <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                  Load more
                </Button>
              </div>
            )}
          </>
        )}
      </Section>
    </>
  );
}

function columnsOf(pools: ReadonlyMap<string, string>): Column<Member>[] {
  return [
    {
      id: "hostname",
      header: "Member",
      phone: "title",
      track: "minmax(170px, 1.6fr)",
      sortBy: (member) => member.hostname,
      cell: (member) => <NameLink {...member} />,
    },
    {
      id: "pool",
      header: "Pool",
      track: "minmax(130px, 1fr)",
      cell: (member) => (
        <Link to="/pools/$pool" params={{ pool: member.poolId }} className="wrap">
          {pools.get(member.poolId) ?? "Pool"}
        </Link>
      ),
    },
    {
      id: "state",
      header: "State",
      track: "minmax(146px, 0.9fr)",
      cell: (member) => {
        const health = healthOf({ ...member.heartbeat, state: member.heartbeat?.state ?? "unknown" });
        return <Pill tone={health.tone}>{health.word}</Pill>;
      },
    },
    {
      id: "beat",
      header: "Heard",
      track: "minmax(110px, 0.8fr)",
      cell: (member) => {
        const age = member.heartbeat?.ageSec;
        return age == null ? "not heard" : `${short(age)} before`;
      },
    },
    {
      id: "role",
      header: "Role",
      track: "minmax(110px, 0.9fr)",
      cell: (member) => (
        <span className={c["pills"]}>
          {member.active && <Pill tone="active">Active</Pill>}
          {member.maintenance && <Pill tone="info">Maintenance</Pill>}
          {!member.active && !member.maintenance && "Member"}
        </span>
      ),
    },
    {
      id: "template",
      header: "Template",
      track: "minmax(170px, 1.1fr)",
      cell: (member) => templateLabel(member.template),
    },
    {
      id: "address",
      header: "Address",
      track: "minmax(130px, 1fr)",
      cell: (member) => (
        <span className="mono wrap">{member.publicIps[0] ?? member.heartbeat?.ip ?? member.allowedIps[0]}</span>
      ),
    },
    {
      id: "agent",
      header: "Agent",
      track: "minmax(76px, 0.5fr)",
      cell: (member) => (member.heartbeat?.agentVersion == null ? "–" : `v${member.heartbeat.agentVersion}`),
    },
    {
      id: "createdAt",
      header: "Added",
      track: "minmax(110px, 0.8fr)",
      sortBy: (member) => member.createdAt,
      cell: (member) => <Moment at={member.createdAt} as="day" />,
    },
  ];
}
