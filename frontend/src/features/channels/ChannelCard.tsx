import { Switch, Tooltip } from "@mantine/core";
import { IconMail, IconPencil, IconSend, IconTrash, IconWebhook } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { announce } from "../../ui/announce";
import { ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import type { Channel, Topic } from "./channelQueries";
import c from "./channels.module.css";
import { destination, topicsLine } from "./topicWords";

interface Props {
  saved: Channel;
  kindName: string;
  poolName: string | null;
  onEdit: () => void;
  onRemove?: (() => void) | undefined;
}

/** One channel: where it goes, of what it tells, and how its last message fared. */
export function ChannelCard({ saved, kindName, poolName, onEdit, onRemove }: Props) {
  const client = useQueryClient();
  const lack = useLack("admin");
  const test = useMutation({
    mutationFn: () =>
      take(api.POST("/api/notification-channels/{channelId}/test", { params: { path: { channelId: saved.id } } })),
    onSuccess: (outcome) =>
      announce(outcome.sent ? `The test of ${saved.name} was sent.` : `The test of ${saved.name} failed.`),
  });
  const toggle = useMutation({
    mutationFn: (enabled: boolean) =>
      take(
        api.PUT("/api/notification-channels/{channelId}", {
          params: { path: { channelId: saved.id } },
          body: wishOf(saved, enabled),
        }),
      ),
    onSuccess: (now) => {
      void client.invalidateQueries({ queryKey: keys.channels });
      toast.done(now.enabled ? `${now.name} is on.` : `${now.name} is off: it tells nothing.`, () =>
        toggle.mutate(!now.enabled),
      );
    },
    onError: (error) => toast.failed(error),
  });
  const Icon = saved.kind === "email" ? IconMail : IconWebhook;
  return (
    <article className={c["channel"]} aria-label={saved.name} data-off={!saved.enabled}>
      <header className={c["channelHead"]}>
        <span className={c["mark"]}>
          <Icon size={18} aria-hidden />
        </span>
        <div className={c["channelName"]}>
          <h3 className="wrap">{saved.name}</h3>
          <p>{kindName}</p>
        </div>
        <Tooltip label={lack ?? ""} disabled={lack === null}>
          <Switch
            aria-label={`${saved.name} is enabled`}
            label={saved.enabled ? "On" : "Off"}
            labelPosition="left"
            size="sm"
            checked={saved.enabled}
            disabled={lack !== null || toggle.isPending}
            onChange={(event) => toggle.mutate(event.currentTarget.checked)}
          />
        </Tooltip>
      </header>
      <dl className={c["facts"]}>
        <div>
          <dt>Goes to</dt>
          <dd className="wrap">{destination(saved)}</dd>
        </div>
        <div>
          <dt>Pools</dt>
          <dd className="wrap">{saved.poolId === null ? "All pools" : (poolName ?? "One pool")}</dd>
        </div>
        <div>
          <dt>Topics</dt>
          <dd>{topicsLine(saved.topics)}</dd>
        </div>
      </dl>
      <LastDelivery saved={saved} />
      {test.data && (
        <div className={c["told"]} data-tone={test.data.sent ? "ok" : "down"} role="status">
          <ToneIcon tone={test.data.sent ? "ok" : "down"} size={16} />
          <p className="wrap">
            {test.data.sent ? "Test sent." : "Test failed."} {test.data.detail}
          </p>
        </div>
      )}
      {test.error && <ProblemNote problem={test.error} />}
      <footer className={c["channelFoot"]}>
        <WhyButton
          why={lack}
          size="xs"
          variant="default"
          leftSection={<IconSend size={15} aria-hidden />}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          Send a test
        </WhyButton>
        <WhyButton
          why={lack}
          size="xs"
          variant="default"
          leftSection={<IconPencil size={15} aria-hidden />}
          onClick={onEdit}
        >
          Edit
        </WhyButton>
        {onRemove && (
          <WhyButton
            why={lack}
            size="xs"
            variant="subtle"
            color="red"
            leftSection={<IconTrash size={15} aria-hidden />}
            onClick={onRemove}
          >
            Delete
          </WhyButton>
        )}
      </footer>
    </article>
  );
}

function LastDelivery({ saved }: { saved: Channel }) {
  const last = saved.lastDelivery;
  if (!last) {
    return (
      <div className={c["told"]} data-tone="idle">
        <ToneIcon tone="idle" size={16} />
        <p>Nothing was told yet.</p>
      </div>
    );
  }
  const bad = last.status === "failed" || (last.status === "waiting" && last.lastError !== null);
  const tone = last.status === "failed" ? "down" : bad ? "late" : "ok";
  return (
    <div className={c["told"]} data-tone={bad ? tone : "plain"}>
      <ToneIcon tone={tone} size={16} />
      <p className="wrap">
        {String(last.subject)}
        <span className={c["when"]}>
          {last.status === "sent" && last.sentAt ? (
            <>
              Sent <Ago at={last.sentAt} />
            </>
          ) : (
            <>
              {last.lastError ?? "Not sent yet."}{" "}
              {last.nextTryAt && (
                <>
                  Tried again <Ago at={last.nextTryAt} />.
                </>
              )}
            </>
          )}
        </span>
      </p>
    </div>
  );
}

/** The channel as it is, for a change of one thing. Secrets that are not sent stay. */
const wishOf = (saved: Channel, enabled: boolean): Wire<"ChannelChange"> => ({
  name: saved.name,
  poolId: saved.poolId,
  topics: saved.topics as Topic[],
  enabled,
  config: saved.config,
});
