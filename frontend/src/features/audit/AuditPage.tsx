import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useLack } from "../../api/session";
import { plural } from "../../lib/numbers";
import { Empty } from "../../ui/Empty";
import { PageHeader } from "../../ui/PageHeader";
import { Section } from "../../ui/Section";
import { AuditFilters } from "./AuditFilters";
import { AuditTable } from "./AuditTable";
import c from "./audit.module.css";
import { EntryDrawer } from "./EntryDrawer";
import { type Entry, entriesQuery } from "./entries";
import { exportHref, queryOf } from "./filters";
import { HeadCard } from "./HeadCard";
import { type AuditSearch, auditSearch } from "./search";

/** Who did what, newest first. Filters and the open entry are in the address. */
export function AuditPage() {
  const lack = useLack("admin");
  return lack === null ? (
    <Trail />
  ) : (
    <>
      <PageHeader title="Audit" />
      <Empty>{lack}</Empty>
    </>
  );
}

function Trail() {
  const search = auditSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const go = (to: AuditSearch) => void navigate({ to: "/audit", search: to });
  const openEntry = useCallback(
    (entry: Entry) => void navigate({ to: "/audit", search: (now) => ({ ...auditSearch(now), entry: entry.seq }) }),
    [navigate],
  );
  const filters = queryOf(search);
  const trail = useInfiniteQuery(entriesQuery(filters));
  const rows = useMemo(() => trail.data?.pages.flatMap((page) => page.items) ?? [], [trail.data]);
  const open = rows.find((row) => row.seq === search.entry) ?? null;
  const filtered = Object.keys(filters).length > 0;
  return (
    <>
      <PageHeader
        title="Audit"
        facts={<span>Who did what to what, newest first. Nothing here can be changed.</span>}
        actions={
          <>
            <Button component="a" variant="default" href={exportHref(search, "csv")} download>
              Export CSV
            </Button>
            <Button component="a" variant="default" href={exportHref(search, "json")} download>
              Export JSON
            </Button>
          </>
        }
      />
      {/* Another address, by a link or by Back, begins with its own filters. */}
      <AuditFilters key={JSON.stringify(filters)} search={search} onFilter={go} />
      <Section
        query={trail}
        isEmpty={() => rows.length === 0}
        empty={
          <Empty action={filtered && <Button onClick={() => go({})}>Show all entries</Button>}>
            {filtered ? "Nothing was recorded that fits these filters." : "Nothing was recorded yet."}
          </Empty>
        }
      >
        {() => (
          <>
            <AuditTable rows={rows} onOpen={openEntry} />
            <div className={c["more"]}>
              <span className="num">
                {plural(rows.length, "entry", "entries")} {trail.hasNextPage ? "shown" : "in all"}
              </span>
              {trail.hasNextPage && (
                <Button variant="default" loading={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
                  Load more
                </Button>
              )}
            </div>
          </>
        )}
      </Section>
      <HeadCard />
      <EntryDrawer
        entry={open}
        onClose={() => {
          const { entry: _closed, ...rest } = search;
          go(rest);
        }}
        onFilter={go}
      />
    </>
  );
}
