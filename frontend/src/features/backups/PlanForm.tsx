import { Button, Checkbox, NumberInput, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { type Overview, type Plan, savePlan } from "./backupQueries";
import c from "./backups.module.css";

const KEEP = [
  ["keepLast", "Last"],
  ["keepDaily", "Days"],
  ["keepWeekly", "Weeks"],
  ["keepMonthly", "Months"],
] as const;

type Values = Omit<Plan, "sentence" | "nextSlot">;

const valuesOf = ({ sentence: _, nextSlot: __, ...plan }: Plan): Values => plan;

/** When the member is backed up by itself, and how much is kept. */
export function PlanForm({ memberId, overview }: { memberId: string; overview: Overview }) {
  const { plan, kinds } = overview;
  const client = useQueryClient();
  const lack = useLack("operator");
  const [left, setLeft] = useState<unknown>(null);
  const form = useForm<Values>({ mode: "controlled", initialValues: valuesOf(plan) });
  const save = useMutation({
    mutationFn: (values: Values) => savePlan(memberId, values as never),
    onSuccess: (fresh) => {
      form.setInitialValues(valuesOf(fresh));
      form.setValues(valuesOf(fresh));
      toast.done(fresh.enabled ? "The plan is saved and on." : "The plan is saved and off.");
      return client.invalidateQueries({ queryKey: keys.member(memberId) });
    },
    onError: (error) => setLeft(placeProblem(form, error, {})),
  });
  return (
    <Card title="Backup plan">
      <form
        noValidate
        className={c["plan"]}
        onSubmit={form.onSubmit((values) => {
          setLeft(null);
          save.mutate(values);
        }, focusInvalid(form))}
      >
        <Switch label="Back up by itself" {...form.getInputProps("enabled", { type: "checkbox" })} />
        <TextInput
          label="When (cron, UTC)"
          description={form.values.cron === plan.cron ? plan.sentence : "Saved, it is explained here in words."}
          {...form.getInputProps("cron")}
        />
        <Checkbox.Group label="What" {...form.getInputProps("kinds")}>
          <div className={c["checks"]}>
            {kinds.map((kind) => (
              <Checkbox key={kind.id} value={kind.id} label={kind.title} description={kind.reason || undefined} />
            ))}
          </div>
        </Checkbox.Group>
        <fieldset className={c["keep"]}>
          <legend>Keep the newest of each</legend>
          {KEEP.map(([name, label]) => (
            <NumberInput
              key={name}
              label={label}
              min={name === "keepLast" ? 1 : 0}
              max={520}
              allowDecimal={false}
              {...form.getInputProps(name)}
            />
          ))}
        </fieldset>
        <Switch
          label="Prove the newest snapshot each week"
          description="It is restored into a scratch folder on the host and judged there by HAProxy."
          {...form.getInputProps("verifyWeekly", { type: "checkbox" })}
        />
        {plan.enabled && plan.nextSlot !== null && (
          <p>
            Next backup: <Moment at={plan.nextSlot} />
          </p>
        )}
        {left !== null && <ProblemNote problem={left} />}
        <div className={c["acts"]}>
          <WhyButton
            why={lack ?? (form.isDirty() ? null : "Nothing has been changed.")}
            type="submit"
            loading={save.isPending}
          >
            Save plan
          </WhyButton>
          {form.isDirty() && (
            <Button variant="default" onClick={() => form.reset()}>
              Discard
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}
