import { Button, Group, Modal, Radio, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { Problem } from "../../api/problem";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { initialValues, missing, SchemaForm, type SchemaValues } from "../../ui/SchemaForm";
import { toast } from "../../ui/toast";
import { fieldsOf, type ProviderKey, type ProviderKind } from "./keysOfProviders";

interface Props {
  opened: boolean;
  onClose: () => void;
  saved: ProviderKey;
  kind: ProviderKind;
}

/** A key's name, purpose and plain fields. Its secret is changed by rotating it. */
export function EditKeyDialog({ opened, onClose, saved, kind }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<strong className="wrap">Edit {saved.name}</strong>}
      size={520}
      fullScreen={phone ?? false}
    >
      {opened && <EditForm onClose={onClose} saved={saved} kind={kind} />}
    </Modal>
  );
}

function EditForm({ onClose, saved, kind }: Omit<Props, "opened">) {
  const client = useQueryClient();
  const [left, setLeft] = useState<Problem | null>(null);
  const plain = fieldsOf(kind, saved).filter((field) => !field.secret);
  const start: SchemaValues = { ...initialValues(plain, saved.config), name: saved.name, scope: saved.scope };
  const form = useForm<SchemaValues>({
    initialValues: start,
    validate: (values) => ({
      ...(String(values["name"]).trim() ? {} : { name: "Give the key a name." }),
      ...missing(plain, values),
    }),
  });
  const save = useMutation({
    mutationFn: (values: SchemaValues) =>
      take(
        api.PATCH("/api/provider-credentials/{credentialId}", {
          params: { path: { credentialId: saved.id } },
          // What did not change is not sent: a changed field makes the last test void.
          body: Object.fromEntries(
            Object.entries(values).filter(([name, value]) => value !== start[name]),
          ) as Wire<"ProviderCredentialPatch">,
        }),
      ),
    onSuccess: (now) => {
      void client.invalidateQueries({ queryKey: keys.credentials });
      toast.done(`Saved ${now.name}.`);
      onClose();
    },
    onError: (error) => setLeft(placeProblem(form, error)),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setLeft(null);
        save.mutate(values);
      }, focusInvalid(form))}
    >
      <TextInput label="Name" withAsterisk maxLength={120} autoComplete="off" {...form.getInputProps("name")} />
      <Radio.Group mt="sm" label="What it is for" {...form.getInputProps("scope")}>
        <Radio mt={6} value="dns" label="DNS only" description="Carries the names of pools." />
        <Radio
          mt={8}
          value="account"
          label="Account operations"
          description="Never used for a pool's DNS. Pools that use the key must be linked to another one first."
        />
      </Radio.Group>
      <SchemaForm fields={plain} form={form} />
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
          Save changes
        </Button>
      </Group>
    </form>
  );
}
