import { Skeleton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useLack } from "../../api/session";
import type { RawSearch } from "../../lib/search";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { WhyButton } from "../../ui/WhyButton";
import { ChannelCard } from "./ChannelCard";
import { ChannelDialog } from "./ChannelDialog";
import { useChannelKinds, useChannels } from "./channelQueries";
import c from "./channels.module.css";
import { DeliveriesLog } from "./DeliveriesLog";
import { usePoolNames } from "./poolNames";
import { RemoveChannelDialog } from "./RemoveChannelDialog";
import { channelsSearch } from "./search";

/** Who is told of what, and how; and what went out. */
export function ChannelsPage() {
  const channels = useChannels();
  const kinds = useChannelKinds().data;
  const pools = usePoolNames().data ?? [];
  const lack = useLack("admin");
  const search = channelsSearch(useSearch({ strict: false }));
  const navigate = useNavigate({ from: "/settings/channels" });
  const set = (next: RawSearch) =>
    void navigate({ search: (old) => channelsSearch({ ...old, ...next }), resetScroll: false });
  const close = () => set({ add: undefined, edit: undefined, remove: undefined });
  const all = channels.data ?? [];
  const edited = all.find((one) => one.id === search.edit);
  const removed = all.find((one) => one.id === search.remove);
  const add = (
    <WhyButton why={lack} leftSection={<IconPlus size={16} aria-hidden />} onClick={() => set({ add: true })}>
      Add channel
    </WhyButton>
  );
  return (
    <>
      <div className={c["intro"]}>
        <p>
          Channels tell people and programs of failovers, holds, members, DNS and jobs. Until an e-mail channel is set
          up, mail goes to the first owner of the account.
        </p>
        {all.length > 0 && add}
      </div>
      <Section
        query={channels}
        skeleton={<Skeleton height={220} radius={12} />}
        isEmpty={(found) => found.length === 0}
        empty={
          <div className={c["boxed"]}>
            <Empty action={add}>No channel is set up yet: add one for your team's inbox or your chat's webhook.</Empty>
          </div>
        }
      >
        {(found) => {
          const known = kinds?.items ?? [];
          const groups = [...new Set([...known.map((kind) => kind.kind), ...found.map((one) => one.kind)])];
          return groups.map((kind) => {
            const mine = found.filter((one) => one.kind === kind);
            const title = known.find((one) => one.kind === kind)?.title ?? kind;
            if (mine.length === 0) return null;
            return (
              <section key={kind} className={c["group"]}>
                <h2>{title}</h2>
                <div className={c["channels"]}>
                  {mine.map((one) => (
                    <ChannelCard
                      key={one.id}
                      saved={one}
                      kindName={title}
                      poolName={pools.find((pool) => pool.id === one.poolId)?.name ?? null}
                      onEdit={() => set({ edit: one.id })}
                      onRemove={() => set({ remove: one.id })}
                    />
                  ))}
                </div>
              </section>
            );
          });
        }}
      </Section>
      <DeliveriesLog
        channels={all}
        status={search.status}
        channelId={search.channel}
        onFilter={({ status, channel }) => set({ status, channel })}
      />
      {kinds && (
        <ChannelDialog
          opened={(search.add === true || edited !== undefined) && !lack}
          onClose={close}
          kinds={kinds.items}
          topics={kinds.topics}
          pools={pools}
          saved={edited}
        />
      )}
      {removed && !lack && (
        <RemoveChannelDialog
          opened
          onClose={close}
          saved={removed}
          lastEmail={removed.kind === "email" && all.filter((one) => one.kind === "email").length === 1}
        />
      )}
    </>
  );
}
