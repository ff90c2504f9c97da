import { IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../api/client";
import { useCommands } from "../../api/commands";
import { isOver, type JobDetail, orderForMember, orderForPool } from "../../api/jobs";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { stopQuery, useMember, usePoolNames } from "./jobQueries";

/** Cancel what is open, order the same again when it is over. */
export function JobActions({ job, title }: { job: JobDetail; title: string }) {
  if (isOver(job)) return <Again job={job} title={title} />;
  if (job.status === "pending" || job.status === "running" || job.status === "held") {
    return <Cancel job={job} title={title} />;
  }
  return null;
}

function Cancel({ job, title }: { job: JobDetail; title: string }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const lack = useLack("operator");
  const cancel = useMutation({
    mutationFn: () => take(api.POST("/api/jobs/{jobId}/cancel", { params: { path: { jobId: job.id } } })),
    onSuccess: (now) => {
      toast.done(now.status === "running" ? "The agent was told to stop." : `${title} is cancelled.`);
      setAsking(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.jobs }),
  });
  const close = () => {
    setAsking(false);
    cancel.reset();
  };
  const running = job.status === "running";
  return (
    <>
      <WhyButton
        why={lack ?? (job.cancelRequested ? "The agent was told to stop already." : null)}
        variant="default"
        leftSection={<IconPlayerStop size={16} aria-hidden />}
        onClick={() => (running ? setAsking(true) : cancel.mutate(undefined, { onError: toast.failed }))}
      >
        Cancel job
      </WhyButton>
      <ConfirmDialog
        opened={asking}
        onClose={close}
        title={`Cancel ${title}?`}
        confirmLabel={`Stop ${title}`}
        danger
        busy={cancel.isPending}
        problem={cancel.error}
        onConfirm={() => cancel.mutate()}
      >
        <p>
          It is under way. Its programs are asked to end, and ended after 10 s. What it changed until then stays
          changed.
        </p>
      </ConfirmDialog>
    </>
  );
}

function Again({ job, title }: { job: JobDetail; title: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { commands, query } = useCommands();
  const command = commands.find((one) => one.id === job.command);
  const member = useMember(job.memberId).data;
  const pool = usePoolNames().get(job.poolId);
  const stop = useQuery(stopQuery).data;
  const dangerous = command?.danger === "dangerous";
  const lack = useLack(dangerous ? "admin" : "operator");
  const [asking, setAsking] = useState(false);
  // One key for one look at this page: pressing twice, or a lost answer, orders once.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const failed = job.status === "failed" || job.status === "timed_out";
  const label = failed ? "Retry" : "Run again";
  const target = job.memberId === null ? pool : member?.hostname;
  const order = useMutation({
    mutationFn: () => {
      const wish = { command: job.command, params: job.params, ...(dangerous && target ? { confirm: target } : {}) };
      return job.memberId === null ? orderForPool(job.poolId, wish, key) : orderForMember(job.memberId, wish, key);
    },
    onSuccess: (next) => {
      setKey(crypto.randomUUID());
      void client.invalidateQueries({ queryKey: keys.jobs });
      toast.done(`${title} is ordered again.`);
      return navigate({ to: "/jobs/$job", params: { job: next.id } });
    },
  });
  const close = () => {
    setAsking(false);
    order.reset();
  };
  const hidden = Object.entries(command?.params ?? {}).some(([name, spec]) => spec.secret && name in job.params);
  const why =
    lack ??
    (query.isSuccess && command === undefined ? "This control plane no longer knows the command." : null) ??
    (hidden ? "It was ordered with a secret, which is not kept: order it anew from the member's page." : null) ??
    (stop?.stopped ? `Jobs are stopped in this account: ${stop.reason}` : null);
  return (
    <>
      <WhyButton
        why={why}
        leftSection={<IconRefresh size={16} aria-hidden />}
        variant={failed ? "filled" : "default"}
        loading={order.isPending && !asking}
        onClick={() =>
          command?.danger === "read" ? order.mutate(undefined, { onError: toast.failed }) : setAsking(true)
        }
      >
        {label}
      </WhyButton>
      <ConfirmDialog
        opened={asking}
        onClose={close}
        title={`Run ${title} again on ${member?.displayName ?? pool ?? "the pool"}?`}
        confirmLabel={`Run ${title} again`}
        danger={dangerous}
        {...(dangerous && target ? { typed: target } : {})}
        blocked={dangerous && !target ? "The member's name is not known yet: wait a moment." : null}
        busy={order.isPending}
        problem={order.error}
        onConfirm={() => order.mutate()}
      >
        <p>
          {command?.description ?? ""} The same is ordered with the same parameters, as a new job.
          {command?.stopsHaproxy && " It stops HAProxy: the member serves nobody meanwhile."}
        </p>
      </ConfirmDialog>
    </>
  );
}
