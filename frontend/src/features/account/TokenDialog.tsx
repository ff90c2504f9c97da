import { Button, Group, Modal, Radio, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { serverNow } from "../../api/clock";
import { keys } from "../../api/keys";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { SecretOnce } from "../../ui/SecretOnce";
import { Section } from "../../ui/Section";
import c from "./account.module.css";
import { ScopeChoice } from "./ScopeChoice";
import { ANY, areasOf, type Reach, scopesOf } from "./scopes";

interface Made {
  name: string;
  token: string;
}

/** Make an API token. Its text is shown this once, and the dialog closes only when it is stored. */
export function TokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const phone = useMediaQuery("(max-width: 600px)") ?? false;
  const [made, setMade] = useState<Made | null>(null);
  const [stored, setStored] = useState(false);
  const close = () => {
    setMade(null);
    setStored(false);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={<strong>{made ? "Store the token" : "New API token"}</strong>}
      size={560}
      fullScreen={phone}
      closeOnClickOutside={false}
      closeOnEscape={made === null}
      withCloseButton={made === null}
    >
      {made ? (
        <div className={c["steps"]}>
          <SecretOnce title={`API token ${made.name}`} secret={made.token} stored={stored} onStored={setStored} />
          <Group justify="flex-end">
            <Button disabled={!stored} onClick={close}>
              Done
            </Button>
          </Group>
        </div>
      ) : (
        <TokenForm onCancel={close} onMade={setMade} />
      )}
    </Modal>
  );
}

const DAY_MS = 86_400_000;
const LIVES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "never", label: "Never" },
];

function TokenForm({ onCancel, onMade }: { onCancel: () => void; onMade: (made: Made) => void }) {
  const client = useQueryClient();
  const scopes = useQuery({ queryKey: [...keys.account, "scopes"], queryFn: () => take(api.GET("/api/auth/scopes")) });
  const [all, setAll] = useState(false);
  const [chosen, setChosen] = useState<Record<string, Reach>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", life: "90", scopes: "" },
    validate: {
      name: (value) => (value.trim() === "" ? "Name the token for what uses it." : null),
      scopes: () => (!all && scopesOf(chosen).length === 0 ? "Choose at least one area, or everything." : null),
    },
  });
  const make = async ({ name, life }: { name: string; life: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      const { item, token } = await take(
        api.POST("/api/auth/tokens", {
          body: {
            name: name.trim(),
            scopes: all ? [ANY] : scopesOf(chosen),
            expiresAt: life === "never" ? null : new Date(serverNow() + Number(life) * DAY_MS).toISOString(),
          },
        }),
      );
      void client.invalidateQueries({ queryKey: [...keys.account, "tokens"] });
      onMade({ name: item.name, token });
    } catch (error) {
      setProblem(placeProblem(form, error, { expiresAt: "life" }));
      setBusy(false);
    }
  };
  return (
    <form className={c["steps"]} noValidate onSubmit={form.onSubmit((typed) => void make(typed), focusInvalid(form))}>
      <TextInput
        label="Name"
        description="What uses it: “deploy pipeline”."
        maxLength={80}
        data-autofocus
        key={form.key("name")}
        {...form.getInputProps("name")}
      />
      <Select
        label="Expires after"
        data={LIVES}
        allowDeselect={false}
        key={form.key("life")}
        {...form.getInputProps("life")}
      />
      <Radio.Group
        label="What it may do"
        description="Never more than you may yourself."
        value={all ? "all" : "some"}
        error={form.errors["scopes"]}
        onChange={(value) => {
          setAll(value === "all");
          form.clearFieldError("scopes");
        }}
      >
        <div className={c["roles"]}>
          <Radio value="some" label="Only what I choose" />
          <Radio value="all" label="Everything that I may" />
        </div>
      </Radio.Group>
      {!all && (
        <Section query={scopes}>
          {({ items }) => (
            <ScopeChoice
              areas={areasOf(items)}
              chosen={chosen}
              onChange={(next) => {
                setChosen(next);
                form.clearFieldError("scopes");
              }}
            />
          )}
        </Section>
      )}
      <ProblemNote problem={problem} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Make the token
        </Button>
      </Group>
    </form>
  );
}
