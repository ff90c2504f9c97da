import { Button, Select, Switch } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { type Failover, failoverQuery, type PoolMember, usePoolDns } from "../../api/pool";
import { Problem } from "../../api/problem";
import { useLack } from "../../api/session";
import { plural } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { Clashes } from "./Clashes";
import { ProbeFields } from "./ProbeFields";
import { RecoveryField } from "./RecoveryField";
import c from "./SettingsPage.module.css";
import { changeOf, clashes, type SettingsValues, valuesOf, wrongSettings } from "./settingsForm";
import { autoWords, whyIdle } from "./settingsWords";

interface Props {
  poolId: string;
  now: Failover;
  members: readonly PoolMember[];
}

const PLACES = {
  "probe.kind": "probeKind",
  "probe.port": "probePort",
  "probe.path": "probePath",
  "probe.hostHeader": "probeHost",
  probe: "probeKind",
};

const STABLE = [
  { value: "300", label: "5 minutes" },
  { value: "900", label: "15 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "21600", label: "6 hours" },
  { value: "86400", label: "24 hours" },
];

/** Automatic failover: whether, how soon, on what proof, and what happens when the old active member is back. */
export function FailoverForm({ poolId, now, members }: Props) {
  const client = useQueryClient();
  const dns = usePoolDns(poolId).data;
  const lack = useLack("operator");
  const server = valuesOf(now);
  // The values at which this form began; what the server says later is compared with them.
  const began = useRef(server);
  const read = useRef(now.revision);
  const form = useForm<SettingsValues>({ mode: "controlled", initialValues: server, validate: wrongSettings });
  const [left, setLeft] = useState<unknown>(null);
  const changed = plainChange(began.current, form.values);
  const said = JSON.stringify(server);
  useEffect(() => {
    // Untouched, the form follows what others save; touched, it keeps what was typed and tells the difference.
    if (!plainChange(began.current, form.values)) begin(JSON.parse(said) as SettingsValues);
  }, [said]); // eslint-disable-line react-hooks/exhaustive-deps -- only news of the server count here
  const begin = (values: SettingsValues, revision = now.revision) => {
    began.current = values;
    read.current = revision;
    form.setInitialValues(values);
    form.setValues(values);
    form.clearErrors();
    setLeft(null);
  };
  const put = (values: SettingsValues) =>
    take(
      api.PUT("/api/pools/{poolId}/failover", {
        params: { path: { poolId } },
        body: { ...changeOf(began.current, values), revision: read.current },
      }),
    );
  const save = useMutation({
    mutationFn: async (values: SettingsValues) => {
      try {
        return await put(values);
      } catch (error) {
        if (!(error instanceof Problem && error.code === "settings_changed")) throw error;
        const fresh = await client.fetchQuery({ ...failoverQuery(poolId), staleTime: 0 });
        if (clashes(began.current, valuesOf(fresh), values).length > 0) throw error;
        // Somebody was quicker, with other fields than ours: both changes can stand.
        read.current = fresh.revision;
        return await put(values);
      }
    },
    onSuccess: (fresh) => {
      client.setQueryData(failoverQuery(poolId).queryKey, fresh);
      begin(valuesOf(fresh), fresh.revision);
      toast.done("Failover settings are saved.");
      return client.invalidateQueries({ queryKey: keys.pool(poolId) });
    },
    onError: (error) => setLeft(placeProblem(form, error, PLACES)),
  });
  const met = clashes(began.current, server, form.values);
  const idle = whyIdle(members.length, dns === null);
  return (
    <Card title="Balancer failover">
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          setLeft(null);
          save.mutate(values);
        }, focusInvalid(form))}
      >
        <Switch
          label="Automatic failover"
          aria-label="Automatic failover"
          description={autoWords(form.values.auto, Number(form.values.recoverySec))}
          {...form.getInputProps("auto", { type: "checkbox" })}
        />
        {idle.length > 0 && (
          <ul className={c["reasons"]}>
            {idle.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
        <RecoveryField form={form} ttlBoundSec={dns?.ttlBoundSec ?? null} />
        <ProbeFields form={form} />
        <fieldset className={c["part"]}>
          <legend>Failback</legend>
          <p>When the member that failed is back, it becomes a standby.</p>
          <div className={c["row"]}>
            <Select
              label="Return of traffic"
              allowDeselect={false}
              data={[
                { value: "manual", label: "A person decides" },
                { value: "auto", label: "By itself, to the preferred member" },
              ]}
              {...form.getInputProps("failback")}
            />
            <Select
              label="Preferred member"
              placeholder="None"
              clearable
              searchable
              data={members.map((member) => ({ value: member.id, label: member.displayName }))}
              {...form.getInputProps("preferredMemberId")}
            />
            <Select
              label="Steady for"
              description="Heartbeats without a gap, before it gets traffic back."
              allowDeselect={false}
              disabled={form.values.failback !== "auto"}
              data={known(form.values.stableSec)}
              {...form.getInputProps("stableSec")}
            />
          </div>
        </fieldset>
        <Clashes
          clashes={met}
          members={members}
          onTheirs={() => begin(server)}
          onMine={() => {
            began.current = server;
            read.current = now.revision;
            form.setInitialValues(server);
            setLeft(null);
            form.setValues((values) => ({ ...values }));
          }}
        />
        {left !== null && <ProblemNote problem={left} />}
        {changed && (
          <section className={c["bar"]} aria-label="Unsaved changes">
            <span>
              {plural(Object.keys(changeOf(began.current, form.values)).length, "unsaved change")} to Balancer failover
            </span>
            <Button variant="default" onClick={() => begin(server)}>
              Discard
            </Button>
            <WhyButton
              why={lack ?? (met.length > 0 ? "Somebody saved other values meanwhile: choose above first." : null)}
              type="submit"
              loading={save.isPending}
            >
              Save changes
            </WhyButton>
          </section>
        )}
      </form>
    </Card>
  );
}

const plainChange = (before: SettingsValues, after: SettingsValues): boolean =>
  Object.keys(before).some((name) => before[name] !== after[name]);

const known = (value: string) =>
  STABLE.some((one) => one.value === value) ? STABLE : [...STABLE, { value, label: `${value} seconds` }];
