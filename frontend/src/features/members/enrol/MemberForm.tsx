import { Button, Group, Radio, SegmentedControl, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { api, take, type Wire } from "../../../api/client";
import type { Problem } from "../../../api/problem";
import { focusInvalid, placeProblem } from "../../../ui/forms";
import { ProblemNote } from "../../../ui/ProblemNote";
import { cleanAddresses } from "./addresses";
import c from "./enrol.module.css";
import { defaultTemplate, FAMILIES, type Family, TEMPLATES, type Template } from "./templates";

export type Enrolled = Wire<"EnrolledOut">;

// Addresses are typed, not picked: an empty list of suggestions would only be announced.
const NO_LIST = { disabled: true };

interface Props {
  poolId: string;
  poolTemplate: string;
  onEnrolled: (enrolled: Enrolled) => void;
  onCancel: () => void;
}

/** Asks for what a member is known by. The answer carries its secret, so it is handed up and kept nowhere. */
export function MemberForm({ poolId, poolTemplate, onEnrolled, onCancel }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const form = useForm({
    initialValues: {
      hostname: "",
      allowedIps: [] as string[],
      displayName: "",
      template: defaultTemplate(poolTemplate) as Template,
      linuxFamily: "debian" as Family,
    },
    validate: {
      hostname: (value) => (value.trim() ? null : "Give the host's name, as `hostname -f` shows it there."),
      allowedIps: (value) =>
        value.length > 0 ? null : "Give at least one address that the host's requests come from.",
    },
  });
  const submit = form.onSubmit((values) => {
    setBusy(true);
    setProblem(null);
    const { displayName, hostname, ...rest } = values;
    take(
      api.POST("/api/pools/{poolId}/members", {
        params: { path: { poolId } },
        body: {
          ...rest,
          hostname: hostname.trim(),
          ...(displayName.trim() ? { displayName: displayName.trim() } : {}),
        },
      }),
    )
      .then(onEnrolled, (error: unknown) => setProblem(placeProblem(form, error)))
      .finally(() => setBusy(false));
  }, focusInvalid(form));

  return (
    <form onSubmit={submit} noValidate className={c["form"]}>
      <TextInput
        label="Hostname"
        description="Exactly what the host calls itself; capital letters do not matter."
        placeholder="edge-fra-1.example.com"
        withAsterisk
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
        {...form.getInputProps("hostname")}
      />
      <TagsInput
        label="Allowed source addresses"
        description="The address that the host's requests come from, IPv4 or IPv6. Behind NAT that is the gateway's. If you are not sure, give your guess: the next page shows the address that was really seen, with one click to allow it."
        placeholder={form.values.allowedIps.length === 0 ? "203.0.113.10" : ""}
        withAsterisk
        splitChars={[",", " ", ";"]}
        acceptValueOnBlur
        comboboxProps={NO_LIST}
        maxTags={64}
        {...form.getInputProps("allowedIps")}
        onChange={(typed) => form.setFieldValue("allowedIps", cleanAddresses(typed))}
      />
      <TextInput
        label="Display name"
        description="How it is called on these pages. Empty: the hostname."
        maxLength={120}
        autoComplete="off"
        {...form.getInputProps("displayName")}
      />
      <Radio.Group
        label="What is it there for?"
        description="Decides which commands and pages are offered. Nothing is installed by this choice."
        {...form.getInputProps("template")}
      >
        <div className={c["choices"]}>
          {TEMPLATES.map((template) => (
            <Radio.Card key={template.value} value={template.value} className={c["choice"]}>
              <Radio.Indicator aria-hidden />
              <span>
                <b>{template.label}</b>
                <small>{template.says}</small>
              </span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      <div>
        <p className={c["label"]} id="linux-family">
          Linux family
        </p>
        <SegmentedControl
          aria-labelledby="linux-family"
          fullWidth
          data={FAMILIES.map(({ value, label }) => ({ value, label }))}
          {...form.getInputProps("linuxFamily")}
        />
        <p className={c["hint"]}>{FAMILIES.find((family) => family.value === form.values.linuxFamily)?.says}</p>
      </div>
      <ProblemNote problem={problem} />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Add member
        </Button>
      </Group>
    </form>
  );
}
