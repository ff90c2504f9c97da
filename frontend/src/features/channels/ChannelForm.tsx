import { Button, Checkbox, Group, Radio, Select, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { Problem } from "../../api/problem";
import { useMe } from "../../api/session";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { initialValues, missing, SchemaForm, type SchemaValues, sentValues } from "../../ui/SchemaForm";
import { toast } from "../../ui/toast";
import { accountInboxes } from "./accountInboxes";
import { type Channel, type ChannelKind, fieldsOf, type Topic } from "./channelQueries";
import c from "./channels.module.css";
import { topicAbout, topicTitle } from "./topicWords";

export interface ChannelFormProps {
  onClose: () => void;
  kinds: readonly ChannelKind[];
  topics: readonly string[];
  pools: readonly { id: string; name: string }[];
  saved?: Channel | undefined;
  /** A new channel begins with this pool alone. */
  poolId?: string | undefined;
}

// The fields of kinds are flat beside ours, so ours carry a mark that no field of a kind has.
const KIND = "$kind";
const NAME = "$name";
const POOL = "$pool";
const TOPICS = "$topics";
const ENABLED = "$enabled";
const EVERY_POOL = "";

export function ChannelForm({ onClose, kinds, topics, pools, saved, poolId }: ChannelFormProps) {
  const client = useQueryClient();
  const account = useMe()?.account;
  const [left, setLeft] = useState<Problem | null>(null);
  const [some, setSome] = useState((saved?.topics.length ?? 0) > 0);
  const form = useForm<SchemaValues>({
    initialValues: {
      ...startOf(kinds, saved, accountInboxes(account)),
      [KIND]: saved?.kind ?? kinds[0]?.kind ?? "",
      [NAME]: saved?.name ?? "",
      [POOL]: (saved ? saved.poolId : poolId) ?? EVERY_POOL,
      [TOPICS]: saved?.topics ?? [],
      [ENABLED]: saved?.enabled ?? true,
    },
    validate: (values) => ({
      ...(String(values[NAME]).trim() ? {} : { [NAME]: "Give the channel a name." }),
      ...(some && list(values[TOPICS]).length === 0 ? { [TOPICS]: "Choose at least one topic, or all of them." } : {}),
      ...missing(fieldsNow(values), values),
    }),
  });
  const fieldsNow = (values: SchemaValues) => {
    const kind = kinds.find((one) => one.kind === values[KIND]);
    return kind ? fieldsOf(kind, saved) : [];
  };
  const fields = fieldsNow(form.values);
  const save = useMutation({
    mutationFn: (values: SchemaValues) => {
      const body: Wire<"ChannelChange"> = {
        name: String(values[NAME]).trim(),
        poolId: values[POOL] === EVERY_POOL ? null : String(values[POOL]),
        topics: some ? (list(values[TOPICS]) as Topic[]) : [],
        enabled: values[ENABLED] === true,
        config: sentValues(fields, values),
      };
      return saved
        ? take(api.PUT("/api/notification-channels/{channelId}", { params: { path: { channelId: saved.id } }, body }))
        : take(api.POST("/api/notification-channels", { body: { ...body, kind: String(values[KIND]) } }));
    },
    onSuccess: (now) => {
      void client.invalidateQueries({ queryKey: keys.channels });
      toast.done(saved ? `Saved ${now.name}.` : `Added ${now.name}. Send a test to see that it arrives.`);
      onClose();
    },
    onError: (error) => {
      const places = Object.fromEntries(fields.map((field) => [`config.${field.name}`, field.name]));
      setLeft(placeProblem(form, error, { ...places, name: NAME, poolId: POOL, topics: TOPICS, kind: KIND }));
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setLeft(null);
        save.mutate(values);
      }, focusInvalid(form))}
    >
      {!saved && (
        <Select
          label="Kind"
          data={kinds.map((one) => ({ value: one.kind, label: one.title }))}
          allowDeselect={false}
          {...form.getInputProps(KIND)}
        />
      )}
      <TextInput
        mt="sm"
        label="Name"
        description="How people see the channel, for example “On-call inbox”."
        withAsterisk
        maxLength={80}
        data-autofocus
        autoComplete="off"
        {...form.getInputProps(NAME)}
      />
      <SchemaForm key={String(form.values[KIND])} fields={fields} form={form} />
      <Select
        mt="sm"
        label="Pools"
        searchable
        data={[{ value: EVERY_POOL, label: "All pools" }, ...pools.map(({ id, name }) => ({ value: id, label: name }))]}
        allowDeselect={false}
        {...form.getInputProps(POOL)}
      />
      <Radio.Group mt="sm" label="Topics" value={some ? "some" : "all"} onChange={(which) => setSome(which === "some")}>
        <Group mt={6}>
          <Radio value="all" label="All topics" />
          <Radio value="some" label="Only some" />
        </Group>
      </Radio.Group>
      {some && (
        <Checkbox.Group mt={8} aria-label="Topics to tell of" {...form.getInputProps(TOPICS)}>
          <div className={c["topics"]}>
            {topics.map((topic) => (
              <Checkbox key={topic} value={topic} label={topicTitle(topic)} description={topicAbout(topic)} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      <Switch
        mt="md"
        label="Enabled"
        description="Off: the channel stays set up and tells nothing."
        {...form.getInputProps(ENABLED, { type: "checkbox" })}
      />
      {left && (
        <div className={c["left"]}>
          <ProblemNote problem={left} />
        </div>
      )}
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={save.isPending}>
          {saved ? "Save changes" : "Add channel"}
        </Button>
      </Group>
    </form>
  );
}

const list = (value: SchemaValues[string] | undefined): string[] => (Array.isArray(value) ? value : []);

/** A new mail channel begins with the addresses that the account names for alerts. */
function startOf(kinds: readonly ChannelKind[], saved: Channel | undefined, inboxes: string[]): SchemaValues {
  if (saved) {
    const kind = kinds.find((one) => one.kind === saved.kind);
    return kind ? initialValues(fieldsOf(kind, saved), saved.config) : {};
  }
  return Object.assign({}, ...kinds.map((kind) => initialValues(fieldsOf(kind), { recipients: inboxes })));
}
