import { Button, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Ago } from "../../ui/time/Moment";
import { type Channel, type Delivery, useDeliveries } from "./channelQueries";
import c from "./channels.module.css";
import { DeliveryPill } from "./DeliveryPill";
import { DELIVERY_STATES, type DeliveryState } from "./search";
import { deliveryWord } from "./topicWords";

interface Props {
  channels: readonly Channel[];
  status: DeliveryState | undefined;
  channelId: string | undefined;
  onFilter: (next: { status: DeliveryState | undefined; channel: string | undefined }) => void;
}

/** What went out, what waits and what failed. */
export function DeliveriesLog({ channels, status, channelId, onFilter }: Props) {
  const log = useDeliveries({ status, channelId });
  const rows = log.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = status !== undefined || channelId !== undefined;
  const columns = deliveryColumns(channels);
  return (
    <section>
      <div className={c["sectionHead"]}>
        <h2>Deliveries</h2>
        <div className={c["filters"]}>
          <Select
            aria-label="State of deliveries"
            size="xs"
            data={[
              { value: "", label: "All states" },
              ...DELIVERY_STATES.map((value) => ({ value, label: deliveryWord(value).word })),
            ]}
            value={status ?? ""}
            allowDeselect={false}
            onChange={(value) => onFilter({ status: DELIVERY_STATES.find((one) => one === value), channel: channelId })}
          />
          <Select
            aria-label="Channel of deliveries"
            size="xs"
            data={[
              { value: "", label: "All channels" },
              ...channels.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={channelId ?? ""}
            allowDeselect={false}
            onChange={(value) => onFilter({ status, channel: value || undefined })}
          />
        </div>
      </div>
      <Section query={log}>
        {() => (
          <>
            <DataTable
              rows={rows}
              columns={columns}
              rowKey={(row) => row.id}
              label="Deliveries"
              empty={
                <div className={c["boxed"]}>
                  {filtered ? (
                    <Empty
                      action={
                        <Button variant="default" onClick={() => onFilter({ status: undefined, channel: undefined })}>
                          Clear the filters
                        </Button>
                      }
                    >
                      No delivery fits these filters.
                    </Empty>
                  ) : (
                    <Empty>Nothing was told yet. What channels send shows here, for 30 days.</Empty>
                  )}
                </div>
              }
            />
            {log.hasNextPage && (
              <div className={c["more"]}>
                <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                  Show older deliveries
                </Button>
              </div>
            )}
          </>
        )}
      </Section>
    </section>
  );
}

/** Columns of a log of deliveries; `channels` gives the names. */
export function deliveryColumns(channels: readonly Channel[]): readonly Column<Delivery>[] {
  const names = new Map(channels.map(({ id, name }) => [id, name]));
  return [
    {
      id: "subject",
      header: "Message",
      track: "minmax(220px, 2.4fr)",
      phone: "title",
      cell: (row) => (
        <span className="wrap">
          {row.poolId ? (
            <Link to="/pools/$pool" params={{ pool: row.poolId }} className={c["subject"]}>
              {String(row.subject) || row.kind}
            </Link>
          ) : (
            String(row.subject) || row.kind
          )}
          {row.lastError && row.status !== "sent" && <span className={c["error"]}>{row.lastError}</span>}
        </span>
      ),
    },
    {
      id: "to",
      header: "Channel",
      track: "minmax(130px, 1fr)",
      cell: (row) => (
        <span className="wrap">{names.get(row.channelId ?? "") ?? row.recipient ?? "A channel that was deleted"}</span>
      ),
    },
    { id: "status", header: "State", track: "140px", cell: (row) => <DeliveryPill delivery={row} /> },
    {
      id: "next",
      header: "Tries",
      track: "140px",
      cell: (row) => (
        <span>
          {row.attempts}
          {row.status === "waiting" && row.nextTryAt && (
            <>
              , next <Ago at={row.nextTryAt} />
            </>
          )}
        </span>
      ),
    },
    { id: "at", header: "When", track: "110px", cell: (row) => <Ago at={row.sentAt ?? row.createdAt} /> },
  ];
}
