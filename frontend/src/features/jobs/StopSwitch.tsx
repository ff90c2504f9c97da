import { Button, TextInput } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { ToneIcon } from "../../ui/Pill";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { stopQuery } from "./jobQueries";
import c from "./jobs.module.css";

function useStop() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: { stopped: boolean; reason: string }) => take(api.PUT("/api/jobs/stop", { body: wish })),
    onSuccess: (now) => {
      client.setQueryData(stopQuery.queryKey, now);
      toast.done(now.stopped ? "Jobs are stopped." : "Jobs run again.");
      return client.invalidateQueries({ queryKey: keys.jobs });
    },
  });
}

/** The emergency brake of the account: nothing new is ordered or started while it is pulled. */
export function StopButton() {
  const stop = useQuery(stopQuery).data;
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const pull = useStop();
  const lack = useLack("operator");
  if (stop === undefined || stop.stopped) return null;
  const close = () => {
    setOpen(false);
    pull.reset();
  };
  return (
    <>
      <WhyButton
        why={lack}
        variant="default"
        leftSection={<IconHandStop size={16} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        Stop all jobs
      </WhyButton>
      <ConfirmDialog
        opened={open}
        onClose={close}
        title="Stop all jobs of this account?"
        confirmLabel="Stop all jobs"
        danger
        busy={pull.isPending}
        problem={pull.error}
        onConfirm={() => pull.mutate({ stopped: true, reason: reason.trim() }, { onSuccess: close })}
      >
        <p>
          Nothing new can be ordered, and what is pending does not start. Jobs that run already go on: cancel those that
          should not. Failover and heartbeats are not touched.
        </p>
        <TextInput
          label="Reason"
          description="Everybody who orders a job until then reads it."
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </ConfirmDialog>
    </>
  );
}

/** Said on top of every list of jobs while the switch is pulled. */
export function StopNote() {
  const stop = useQuery(stopQuery).data;
  const lift = useStop();
  const lack = useLack("admin");
  if (!stop?.stopped) return null;
  return (
    <div className={c["stopped"]} role="note">
      <ToneIcon tone="late" />
      <div>
        <strong>Jobs are stopped: {stop.reason}</strong>
        <p>
          By {stop.stoppedBy}
          {stop.since !== null && (
            <>
              {" "}
              <Ago at={stop.since} />
            </>
          )}
          . Nothing new is ordered or started.
        </p>
      </div>
      {lack ? (
        <WhyButton why={lack} variant="default" size="xs">
          Let jobs run again
        </WhyButton>
      ) : (
        <Button
          variant="default"
          size="xs"
          loading={lift.isPending}
          onClick={() => lift.mutate({ stopped: false, reason: "" }, { onError: toast.failed })}
        >
          Let jobs run again
        </Button>
      )}
    </div>
  );
}
