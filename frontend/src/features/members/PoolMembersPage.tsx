import { Button } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type PoolMember, useOverview } from "../../api/pool";
import { plural } from "../../lib/numbers";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { readSort, type Sort, sortText } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { BulkBar } from "./list/BulkBar";
import { columnsOf } from "./list/cells";
import { FilterBar } from "./list/FilterBar";
import c from "./list/list.module.css";
import { matches, SORTS } from "./list/rows";
import { SavedFilters } from "./list/SavedFilters";
import { useStillOrder } from "./list/useStillOrder";
import { membersSearch } from "./search";

const NOBODY: ReadonlySet<string> = new Set();
const BY_NAME: Sort = { id: "name", desc: false };

/** All members of a pool: filter, sort, choose columns, and do one thing with many. */
export function PoolMembersPage() {
  const { pool: poolId = "" } = useParams({ strict: false });
  const overview = useOverview(poolId);
  return (
    <Section
      query={overview}
      isEmpty={(data) => data.members.length === 0}
      empty={
        <Empty
          action={
            <Button
              renderRoot={(props) => (
                <Link {...props} to="/pools/$pool" params={{ pool: poolId }} search={{ add: true }} />
              )}
            >
              Add member
            </Button>
          }
        >
          This pool has no members yet. Add the first host; it takes one command there.
        </Empty>
      }
    >
      {({ pool, members }) => (
        <Members poolId={poolId} name={pool.name} haproxy={pool.template === "haproxy"} members={members} />
      )}
    </Section>
  );
}

interface MembersProps {
  poolId: string;
  name: string;
  haproxy: boolean;
  members: readonly PoolMember[];
}

function Members({ poolId, name, haproxy, members }: MembersProps) {
  const search = membersSearch(useSearch({ strict: false }));
  const { q = "", state } = search;
  const navigate = useNavigate();
  const go = (change: Record<string, unknown>) =>
    void navigate({
      to: "/pools/$pool/members",
      params: { pool: poolId },
      search: membersSearch({ ...search, ...change }),
      replace: true,
      resetScroll: false,
    });
  const every = useMemo(() => columnsOf(haproxy), [haproxy]);
  const columns = useMemo(() => {
    const wanted = search.cols?.split(",");
    return every.map((column) => ({
      ...column,
      shown: column.id === "name" || (wanted ? wanted.includes(column.id) : column.usual === true),
    }));
  }, [every, search.cols]);
  const shown = useMemo(() => columns.filter((column) => column.shown), [columns]);
  const sort = readSort(search.sort, Object.keys(SORTS)) ?? BY_NAME;
  const still = useStillOrder(members, { state, sort });
  const rows = useMemo(() => still.rows.filter((member) => matches(member, q)), [still.rows, q]);
  const [selected, setSelected] = useState(NOBODY);
  const chosen = members.filter((member) => selected.has(member.id));
  const { add: _add, ...kept } = search;
  return (
    <>
      <FilterBar q={q} state={state} onFilter={go} columns={columns} onColumns={(ids) => go({ cols: ids.join(",") })}>
        <SavedFilters
          page="/pools/members"
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
      <p className={c["count"]}>
        <span>
          {rows.length === members.length
            ? plural(members.length, "member")
            : `${rows.length} of ${plural(members.length, "member")}`}
        </span>
        {still.changes > 0 && (
          <Button size="compact-sm" variant="light" onClick={still.again}>
            {plural(still.changes, "change")}, sort again
          </Button>
        )}
      </p>
      <DataTable
        label={`Members of ${name}`}
        rows={rows}
        columns={shown}
        rowKey={(member) => member.id}
        rowLabel={(member) => member.displayName}
        sort={sort}
        onSort={(next) => go({ sort: sortText(next) })}
        ordered
        selected={selected}
        onSelect={setSelected}
        empty={
          <Empty
            action={
              <Button variant="default" onClick={() => go({ q: undefined, state: undefined })}>
                Clear the filter
              </Button>
            }
          >
            No member matches this filter.
          </Empty>
        }
      />
      {chosen.length > 0 && <BulkBar poolId={poolId} chosen={chosen} onClear={() => setSelected(NOBODY)} />}
    </>
  );
}
