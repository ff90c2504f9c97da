import { Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Ago, Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { remove, runNow, type Schedule, turn } from "./scheduleQueries";
import c from "./schedules.module.css";

/** One schedule: when it comes, how it went, and what can be done with it. */
export function ScheduleRow({ one, memberId }: { one: Schedule; memberId: string }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const [asked, setAsked] = useState(false);
  const onSettled = () => client.invalidateQueries({ queryKey: keys.member(memberId) });
  const onError = toast.failed;
  const turning = useMutation({ mutationFn: (on: boolean) => turn(one, on), onSettled, onError });
  const running = useMutation({
    mutationFn: () => runNow(one.id),
    onSuccess: () => toast.done(`${one.name} was ordered.`),
    onError,
    onSettled: () => Promise.all([onSettled(), client.invalidateQueries({ queryKey: keys.jobs })]),
  });
  const removing = useMutation({ mutationFn: () => remove(one.id), onSuccess: () => setAsked(false), onSettled });
  return (
    <li className={c["row"]}>
      <div className={c["words"]}>
        <strong>{one.name}</strong>
        <span>
          {one.title}. {one.sentence}
        </span>
        <span className={c["note"]}>
          Next: {one.nextRunAt ? <Moment at={one.nextRunAt} /> : "not planned"}. Last:{" "}
          {one.lastRun ? (
            <>
              {one.lastRun.state} <Ago at={one.lastRun.at} />{" "}
              {one.lastRun.jobId && (
                <Link to="/jobs/$job" params={{ job: one.lastRun.jobId }}>
                  Job <span className="vh">of {one.name}</span>
                </Link>
              )}
              {one.lastRun.reason}
            </>
          ) : (
            "never"
          )}
        </span>
      </div>
      <div className={c["acts"]}>
        <Switch
          label="On"
          aria-label={`${one.name} is on`}
          checked={one.enabled}
          disabled={lack !== null || turning.isPending}
          title={lack ?? undefined}
          onChange={(event) => turning.mutate(event.currentTarget.checked)}
        />
        <WhyButton why={lack} variant="default" loading={running.isPending} onClick={() => running.mutate()}>
          Run now
        </WhyButton>
        <WhyButton why={lack} variant="default" onClick={() => setAsked(true)}>
          Delete
        </WhyButton>
      </div>
      <ConfirmDialog
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Delete ${one.name}`}
        confirmLabel="Delete schedule"
        danger
        busy={removing.isPending}
        problem={removing.error}
        onConfirm={() => removing.mutate()}
      >
        The schedule and its history go away. Its jobs stay.
      </ConfirmDialog>
    </li>
  );
}
