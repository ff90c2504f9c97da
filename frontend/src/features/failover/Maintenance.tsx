import { Button, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { serverNow } from "../../api/clock";
import { keys } from "../../api/keys";
import { type Failover, failoverQuery } from "../../api/pool";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { placeProblem } from "../../ui/forms";
import { Pill } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { Ago, Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./SettingsPage.module.css";

const LONG = [
  { value: "30", label: "30 minutes" },
  { value: "60", label: "1 hour" },
  { value: "240", label: "4 hours" },
  { value: "1440", label: "24 hours" },
  { value: "open", label: "Until somebody ends it" },
];

/** Pause automation while somebody works on the hosts. It ends by itself, so that nobody forgets it. */
export function Maintenance({ poolId, now }: { poolId: string; now: Failover }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const form = useForm({ mode: "controlled", initialValues: { until: "60", reason: "" } });
  const [left, setLeft] = useState<unknown>(null);
  const pause = useMutation({
    mutationFn: (wish: { paused: boolean; until: string | null; reason: string }) =>
      take(api.POST("/api/pools/{poolId}/failover/maintenance", { params: { path: { poolId } }, body: wish })),
    onSuccess: (fresh) => {
      client.setQueryData(failoverQuery(poolId).queryKey, fresh);
      toast.done(fresh.maintenance.paused ? "Automatic failover is paused." : "Automatic failover goes on.");
      form.reset();
      return client.invalidateQueries({ queryKey: keys.pool(poolId) });
    },
  });
  const { paused, until, reason } = now.maintenance;
  if (paused) {
    return (
      <Card title="Maintenance pause" right={<Pill tone="info">Paused</Pill>}>
        <div className={c["between"]}>
          <p className="wrap">
            {reason ? `${reason}. ` : "No reason was given. "}
            {until === null ? (
              "It lasts until somebody ends it."
            ) : (
              <>
                It ends <Ago at={until} />, at <Moment at={until} />.
              </>
            )}{" "}
            Until then nothing moves by itself. Make active and Cut DNS work.
          </p>
          <WhyButton
            why={lack}
            variant="default"
            loading={pause.isPending}
            onClick={() => pause.mutate({ paused: false, until: null, reason: "" }, { onError: toast.failed })}
          >
            End the pause
          </WhyButton>
        </div>
      </Card>
    );
  }
  return (
    <Card title="Maintenance pause">
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          setLeft(null);
          const end =
            values.until === "open" ? null : new Date(serverNow() + Number(values.until) * 60_000).toISOString();
          pause.mutate(
            { paused: true, until: end, reason: values.reason.trim() },
            { onError: (error) => setLeft(placeProblem(form, error)) },
          );
        })}
      >
        <p className={c["lead"]}>
          While somebody works on the hosts, automation holds and says why. Heartbeats, alerts and manual moves go on.
        </p>
        <div className={c["row"]}>
          <Select label="How long" allowDeselect={false} data={LONG} {...form.getInputProps("until")} />
          <TextInput label="Reason" maxLength={200} autoComplete="off" {...form.getInputProps("reason")} />
        </div>
        {left !== null && <ProblemNote problem={left} />}
        <div className={c["between"]} data-end>
          <p />
          {lack ? (
            <WhyButton why={lack} variant="default">
              Pause automatic failover
            </WhyButton>
          ) : (
            <Button type="submit" variant="default" loading={pause.isPending}>
              Pause automatic failover
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}
