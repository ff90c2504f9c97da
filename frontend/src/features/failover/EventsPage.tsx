import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useOverview } from "../../api/pool";
import { Empty } from "../../ui/Empty";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Moment } from "../../ui/time/Moment";
import c from "./EventsPage.module.css";
import { eventsQuery, type FailoverEvent } from "./eventQueries";
import { addressText, kindWord, stateWord, tookText, whyOf } from "./eventWords";
import { deadList, failoverSearch } from "./search";
import { WhatIf } from "./WhatIf";

/** Every move of the pool, newest first, with what would happen now beside it. */
export function EventsPage() {
  const { pool = "" } = useParams({ strict: false });
  const search = failoverSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const members = useOverview(pool).data?.members;
  const query = useInfiniteQuery(eventsQuery(pool));
  return (
    <div className={c["page"]}>
      <section aria-labelledby="moves" className={c["list"]}>
        <h2 id="moves" className={c["h2"]}>
          Failover events
        </h2>
        <Section query={query}>
          {(data) => (
            <>
              <DataTable
                rows={data.pages.flatMap((page) => page.items)}
                columns={COLUMNS}
                rowKey={(event) => event.id}
                label="Failover events"
                empty={
                  <Empty>
                    This pool was never moved. Take its active member as dead in What if, and see what would happen.
                  </Empty>
                }
              />
              {query.hasNextPage && (
                <div className={c["more"]}>
                  <Button
                    variant="default"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Show older events
                  </Button>
                </div>
              )}
            </>
          )}
        </Section>
      </section>
      {members && (
        <WhatIf
          poolId={pool}
          members={members}
          dead={deadList(search)}
          linked={search.whatif === true}
          onChange={(dead) =>
            void navigate({
              to: "/pools/$pool/events",
              params: { pool },
              search: failoverSearch({ ...search, dead: dead.join() }),
              replace: true,
            })
          }
        />
      )}
    </div>
  );
}

const COLUMNS: Column<FailoverEvent>[] = [
  {
    id: "at",
    header: "Time",
    track: "minmax(150px, 1fr)",
    phone: "title",
    cell: (event) => (
      <Link to="/pools/$pool/events/$event" params={{ pool: event.poolId, event: event.id }} className={c["link"]}>
        <Moment at={event.createdAt} />
      </Link>
    ),
  },
  {
    id: "move",
    header: "From and to",
    track: "minmax(200px, 2fr)",
    cell: (event) => (
      <span className={c["move"]}>
        <Side name={event.fromName ?? "nobody"} addresses={addressText(event.fromAddresses)} />
        <span aria-hidden>→</span>
        <span className="vh">to</span>
        <Side name={event.toName} addresses={addressText(event.toAddresses)} />
      </span>
    ),
  },
  {
    id: "why",
    header: "Why",
    track: "minmax(140px, 1.4fr)",
    cell: (event) => (
      <span className={c["why"]}>
        {whyOf(event)}
        <small>{event.kind === "manual" ? event.orderedBy : kindWord(event.kind)}</small>
      </span>
    ),
  },
  { id: "took", header: "Took", track: "72px", align: "right", cell: (event) => tookText(event) ?? "…" },
  {
    id: "state",
    header: "State",
    track: "124px",
    cell: (event) => <Pill tone={stateWord(event.state).tone}>{stateWord(event.state).word}</Pill>,
  },
];

function Side({ name, addresses }: { name: string; addresses: string }) {
  return (
    <span className={c["side"]}>
      <span className="wrap">{name}</span>
      <small className="mono wrap">{addresses}</small>
    </span>
  );
}
