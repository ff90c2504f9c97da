import { Button, Checkbox, Group, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { asProblem, type Problem } from "../../api/problem";
import { plural } from "../../lib/numbers";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { initialValues, missing, SchemaForm, type SchemaValues, sentValues } from "../../ui/SchemaForm";
import { toast } from "../../ui/toast";
import { fieldsOf, type ProviderKey, type ProviderKind } from "./keysOfProviders";

interface Props {
  opened: boolean;
  onClose: () => void;
  saved: ProviderKey;
  kind: ProviderKind;
}

/** Replace a key's secret. The new one is tested first; after a failed test it is saved only on purpose. */
export function RotateDialog({ opened, onClose, saved, kind }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<strong className="wrap">Rotate the secret of {saved.name}</strong>}
      size={520}
      fullScreen={phone ?? false}
    >
      {opened && <RotateForm onClose={onClose} saved={saved} kind={kind} />}
    </Modal>
  );
}

function RotateForm({ onClose, saved, kind }: Omit<Props, "opened">) {
  const client = useQueryClient();
  const [left, setLeft] = useState<Problem | null>(null);
  const [anyway, setAnyway] = useState(false);
  const secrets = fieldsOf(kind, saved).filter((field) => field.secret);
  const form = useForm<SchemaValues>({
    initialValues: initialValues(secrets),
    validate: (values) => missing(secrets, values),
  });
  const failedTest = left?.code === "provider_credential_rejected";
  const rotate = useMutation({
    mutationFn: (values: SchemaValues) =>
      take(
        api.POST("/api/provider-credentials/{credentialId}/rotate", {
          params: { path: { credentialId: saved.id } },
          body: { ...sentValues(secrets, values), force: failedTest && anyway },
        }),
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.credentials });
      toast.done(`${saved.name} has its new secret. Take the old one out of service at the provider.`);
      onClose();
    },
    onError: (error) => {
      setAnyway(false);
      setLeft(asProblem(error).code === "provider_credential_rejected" ? asProblem(error) : placeProblem(form, error));
    },
  });
  return (
    <form noValidate onSubmit={form.onSubmit((values) => rotate.mutate(values), focusInvalid(form))}>
      <p style={{ margin: 0 }}>
        The new secret is tested at {kind.title} first. If the test fails, the old one stays in use
        {saved.usedBy.length > 0 ? ` by ${plural(saved.usedBy.length, "pool")}` : ""}.
      </p>
      <SchemaForm fields={secrets} form={form} />
      {left && (
        <div style={{ marginTop: 12 }}>
          <ProblemNote problem={left} />
        </div>
      )}
      {failedTest && (
        <Checkbox
          mt="sm"
          checked={anyway}
          onChange={(event) => setAnyway(event.currentTarget.checked)}
          label="Save it although the test failed"
          description="With a secret that does not work, no failover can move the names that this key carries."
        />
      )}
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button type="submit" loading={rotate.isPending} {...(failedTest && anyway ? { color: "red" } : {})}>
          {failedTest ? (anyway ? "Save the untested secret" : "Test again and rotate") : "Test and rotate"}
        </Button>
      </Group>
    </form>
  );
}
