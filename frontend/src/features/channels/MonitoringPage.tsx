import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useLack } from "../../api/session";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { DataTable } from "../../ui/table/DataTable";
import { WhyButton } from "../../ui/WhyButton";
import { AccountAddresses } from "./AccountAddresses";
import { BannerTime } from "./BannerTime";
import { ChannelCard } from "./ChannelCard";
import { ChannelDialog } from "./ChannelDialog";
import { type Channel, useChannelKinds, useChannels, usePoolDeliveries } from "./channelQueries";
import c from "./channels.module.css";
import { deliveryColumns } from "./DeliveriesLog";
import { usePoolNames } from "./poolNames";
import { monitoringSearch } from "./search";
import { appliesTo } from "./topicWords";
import { WhoIsTold } from "./WhoIsTold";

const DELIVERIES_SHOWN = 20;

/** Who is told of this pool, how long its header tells of a failover, and what went out. */
export function MonitoringPage() {
  const { pool: poolId = "" } = useParams({ strict: false });
  const channels = useChannels();
  const kinds = useChannelKinds();
  const pools = usePoolNames().data ?? [];
  const lack = useLack("admin");
  const search = monitoringSearch(useSearch({ strict: false }));
  const navigate = useNavigate({ from: "/pools/$pool/monitoring" });
  const go = (next: typeof search) => void navigate({ search: next, resetScroll: false });
  const add = (
    <WhyButton why={lack} size="xs" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => go({ add: true })}>
      Add a channel for this pool
    </WhyButton>
  );
  return (
    <Section query={channels}>
      {(all) => {
        const mine = all.filter((one) => appliesTo(one, poolId));
        const edited = all.find((one) => one.id === search.edit);
        const titleOf = (kind: string) => kinds.data?.items.find((one) => one.kind === kind)?.title ?? kind;
        return (
          <>
            <div className={c["grid"]}>
              <Section query={kinds}>
                {({ topics }) => <WhoIsTold poolId={poolId} channels={all} topics={topics} />}
              </Section>
              <div className={c["col"]}>
                <BannerTime poolId={poolId} />
                <AccountAddresses poolId={poolId} channels={all} />
              </div>
            </div>
            <section>
              <div className={c["sectionHead"]}>
                <h2>Channels of this pool</h2>
                <div className={c["filters"]}>
                  <Button size="xs" variant="subtle" component={Link} to="/settings/channels">
                    All channels
                  </Button>
                  {mine.length > 0 && add}
                </div>
              </div>
              {mine.length === 0 ? (
                <div className={c["boxed"]}>
                  <Empty action={add}>No channel tells of this pool yet.</Empty>
                </div>
              ) : (
                <div className={c["channels"]}>
                  {mine.map((one) => (
                    <ChannelCard
                      key={one.id}
                      saved={one}
                      kindName={titleOf(one.kind)}
                      poolName="This pool alone"
                      onEdit={() => go({ edit: one.id })}
                    />
                  ))}
                </div>
              )}
            </section>
            <RecentDeliveries poolId={poolId} channels={all} />
            {kinds.data && (
              <ChannelDialog
                opened={(search.add === true || edited !== undefined) && !lack}
                onClose={() => go({})}
                kinds={kinds.data.items}
                topics={kinds.data.topics}
                pools={pools}
                saved={edited}
                poolId={poolId}
              />
            )}
          </>
        );
      }}
    </Section>
  );
}

function RecentDeliveries({ poolId, channels }: { poolId: string; channels: readonly Channel[] }) {
  const log = usePoolDeliveries(poolId, DELIVERIES_SHOWN);
  return (
    <section>
      <div className={c["sectionHead"]}>
        <h2>Recent deliveries of this pool</h2>
        <Button size="xs" variant="subtle" component={Link} to="/settings/channels">
          Whole log
        </Button>
      </div>
      <Section query={log}>
        {(rows) => (
          <DataTable
            rows={rows}
            columns={deliveryColumns(channels)}
            rowKey={(row) => row.id}
            label="Recent deliveries of this pool"
            empty={<p className={c["boxedText"]}>Nothing was told of this pool yet.</p>}
          />
        )}
      </Section>
    </section>
  );
}
