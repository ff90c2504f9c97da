import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { Failover } from "../../api/pool";
import { useLack } from "../../api/session";
import { ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { Ago, Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import type { Tone } from "../../ui/tones";
import { WhyButton } from "../../ui/WhyButton";
import c from "./Notices.module.css";
import { useLastEvent } from "./useLastEvent";

/** What stands out about automation: a fresh failover, holds that wait for a person, a pause. */
export function Notices({ poolId, failover }: { poolId: string; failover: Failover }) {
  return (
    <>
      {failover.banner && <FailoverBanner poolId={poolId} />}
      {failover.holds.length > 0 && <Holds poolId={poolId} failover={failover} />}
      {failover.maintenance.paused && (
        <Notice
          tone="late"
          title="Automatic failover is paused"
          action={
            <Button
              size="xs"
              variant="default"
              renderRoot={(props) => <Link {...props} to="/pools/$pool/settings" params={{ pool: poolId }} />}
            >
              Open settings
            </Button>
          }
        >
          {failover.maintenance.reason && <span className="wrap">{failover.maintenance.reason} </span>}
          {failover.maintenance.until ? (
            <>
              It ends by itself at <Moment at={failover.maintenance.until} />.
            </>
          ) : (
            "It stays until somebody ends it."
          )}
        </Notice>
      )}
    </>
  );
}

function FailoverBanner({ poolId }: { poolId: string }) {
  const event = useLastEvent(poolId).data;
  if (!event) return null;
  const from = event.fromName ? ` from ${event.fromName}` : "";
  const how =
    event.kind === "automatic"
      ? "by itself"
      : event.kind === "failback"
        ? "back by itself"
        : `by order of ${event.orderedBy}`;
  return (
    <Notice
      tone={event.state === "failed" ? "down" : event.state === "done" ? "active" : "info"}
      title="Failover active"
      action={
        <Button
          size="xs"
          variant="default"
          renderRoot={(props) => (
            <Link {...props} to="/pools/$pool/events/$event" params={{ pool: poolId, event: event.id }} />
          )}
        >
          What happened
        </Button>
      }
    >
      Traffic moved{from} to {event.toName} {how} <Ago at={event.createdAt} />.
      {event.kind !== "manual" && event.sentences[0] ? ` ${event.sentences[0]}` : ""}
      {event.state === "switching" && " The record does not follow yet."}
      {event.state === "failed" && " The record could not be moved."}
    </Notice>
  );
}

function Holds({ poolId, failover }: { poolId: string; failover: Failover }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const acknowledge = useMutation({
    mutationFn: () => take(api.POST("/api/pools/{poolId}/failover/acknowledge", { params: { path: { poolId } } })),
    onSuccess: (shown) => {
      client.setQueryData([...keys.pool(poolId), "failover"], shown);
      void client.invalidateQueries({ queryKey: keys.attention });
      toast.done("Acknowledged: automation goes on.");
    },
  });
  const escalated = failover.holds.some((hold) => hold.escalatedAt !== null);
  return (
    <Notice
      tone={escalated ? "down" : "late"}
      title={escalated ? "Automatic failover holds and the active member is unhealthy" : "Automatic failover holds"}
      action={
        <WhyButton
          why={lack}
          size="xs"
          variant="default"
          loading={acknowledge.isPending}
          onClick={() => acknowledge.mutate()}
        >
          Acknowledge
        </WhyButton>
      }
    >
      {failover.holds.map((hold) => (
        <span key={hold.reason} className={c["hold"]}>
          {hold.sentence}{" "}
          <span className={c["since"]}>
            Since <Ago at={hold.since} />.
          </span>
        </span>
      ))}
      <span className={c["since"]}>Acknowledge when you have looked: the holds are lifted and automation goes on.</span>
      {acknowledge.isError && <ProblemNote problem={acknowledge.error} />}
    </Notice>
  );
}

interface NoticeProps {
  tone: Tone;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

function Notice({ tone, title, children, action }: NoticeProps) {
  return (
    <section className={c["notice"]} data-tone={tone} aria-label={title}>
      <ToneIcon tone={tone} />
      <div className={c["words"]}>
        <b>{title}</b>
        <div className={c["text"]}>{children}</div>
      </div>
      {action}
    </section>
  );
}
