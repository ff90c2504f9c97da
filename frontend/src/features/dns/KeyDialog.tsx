import { Button, Group, Modal, Radio, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { Problem } from "../../api/problem";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { missing, SchemaForm, type SchemaValues, sentValues } from "../../ui/SchemaForm";
import { toast } from "../../ui/toast";
import { fieldsOf, type ProviderKey, type ProviderKind, valuesOfAllKinds } from "./keysOfProviders";

interface Props {
  opened: boolean;
  onClose: () => void;
  kinds: readonly ProviderKind[];
  /** Only keys for DNS: the dialog of a pool's Managed DNS. */
  dnsOnly?: boolean;
  onSaved?: (saved: ProviderKey) => void;
}

/** Save a new provider key. Its secrets are write-only: the server shows their last four characters from then on. */
export function KeyDialog({ opened, onClose, ...rest }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<strong>Add an API provider key</strong>}
      size={560}
      fullScreen={phone ?? false}
    >
      {opened && <KeyForm onClose={onClose} {...rest} />}
    </Modal>
  );
}

function KeyForm({ onClose, kinds, dnsOnly = false, onSaved }: Omit<Props, "opened">) {
  const client = useQueryClient();
  const [left, setLeft] = useState<Problem | null>(null);
  const form = useForm<SchemaValues>({
    initialValues: { ...valuesOfAllKinds(kinds), kind: kinds[0]?.kind ?? "", name: "", scope: "dns" },
    validate: (values) => ({
      ...(String(values["name"]).trim()
        ? {}
        : { name: "Give the key a name, so that people can tell it from others." }),
      ...missing(fieldsOfKind(kinds, values["kind"]), values),
    }),
  });
  const kind = kinds.find((one) => one.kind === form.values["kind"]);
  const fields = fieldsOfKind(kinds, form.values["kind"]);
  const save = useMutation({
    mutationFn: (values: SchemaValues) =>
      take(
        api.POST("/api/provider-credentials", {
          body: {
            ...sentValues(fields, values),
            kind: values["kind"],
            name: String(values["name"]).trim(),
            scope: values["scope"],
          } as Wire<"ProviderCredentialIn">,
        }),
      ),
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: keys.credentials });
      toast.done(`Saved the key ${saved.name}. Test it to see its zones.`);
      onSaved?.(saved);
      onClose();
    },
    onError: (error) => setLeft(placeProblem(form, error)),
  });
  const whm = form.values["kind"] === "whm";
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setLeft(null);
        save.mutate(values);
      }, focusInvalid(form))}
    >
      <Select
        label="Provider"
        data={kinds.map((one) => ({ value: one.kind, label: one.title }))}
        allowDeselect={false}
        {...form.getInputProps("kind")}
      />
      <TextInput
        mt="sm"
        label="Name"
        description="How people see the key: its account and its purpose, for example “Main account, DNS”."
        withAsterisk
        maxLength={120}
        data-autofocus
        autoComplete="off"
        {...form.getInputProps("name")}
      />
      {!dnsOnly && (
        <Radio.Group mt="sm" label="What it is for" {...form.getInputProps("scope")}>
          <Radio
            mt={6}
            value="dns"
            label="DNS only"
            description="Carries the names of pools and moves them at a failover."
          />
          <Radio
            mt={8}
            value="account"
            label="Account operations"
            description="For work on hosting accounts. It is never used for a pool's DNS."
          />
        </Radio.Group>
      )}
      {whm && form.values["scope"] === "dns" && (
        <p role="note">
          Do not store the key of a production WHM server here. Make a token that may edit DNS alone, best on a server
          of the cPanel DNS cluster, or use Cloudflare.
        </p>
      )}
      {kind && <SchemaForm key={kind.kind} fields={fields} form={form} />}
      {left && (
        <div style={{ marginTop: 12 }}>
          <ProblemNote problem={left} />
        </div>
      )}
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={save.isPending}>
          Save key
        </Button>
      </Group>
    </form>
  );
}

function fieldsOfKind(kinds: readonly ProviderKind[], kind: unknown) {
  const found = kinds.find((one) => one.kind === kind);
  return found ? fieldsOf(found) : [];
}
