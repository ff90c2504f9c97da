import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { api, take } from "../../api/client";
import type { RoleWord } from "../../api/session";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { SecretOnce } from "../../ui/SecretOnce";
import { toast } from "../../ui/toast";
import c from "./account.module.css";
import { RoleChoice } from "./RoleChoice";
import { useUsersChanged } from "./users";

interface Made {
  email: string;
  link: string;
}

/** Invite by mail; where the installation sends none, the link is shown this once to be handed over by other means. */
export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
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
      title={<strong>{made ? "Hand over the invitation" : "Invite somebody"}</strong>}
      size={520}
      fullScreen={phone}
      closeOnClickOutside={false}
      closeOnEscape={made === null}
      withCloseButton={made === null}
    >
      {made ? (
        <div className={c["steps"]}>
          <p>
            This installation cannot send mail: give this link to <strong className="wrap">{made.email}</strong>{" "}
            yourself. It works once, for seven days, and whoever has it can take the place.
          </p>
          <SecretOnce title={`Invitation of ${made.email}`} secret={made.link} stored={stored} onStored={setStored} />
          <Group justify="flex-end">
            <Button disabled={!stored} onClick={close}>
              Done
            </Button>
          </Group>
        </div>
      ) : (
        <InviteForm onCancel={close} onInvited={(next) => (next ? setMade(next) : close())} />
      )}
    </Modal>
  );
}

function InviteForm({ onCancel, onInvited }: { onCancel: () => void; onInvited: (made: Made | null) => void }) {
  const changed = useUsersChanged();
  const [role, setRole] = useState<RoleWord>("viewer");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: (value) => (value.includes("@") ? null : "Use an address like name@example.com.") },
  });
  const invite = async ({ email }: { email: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      const { user, inviteToken } = await take(api.POST("/api/users", { body: { email: email.trim(), role } }));
      changed();
      if (inviteToken === null) {
        toast.done(`The invitation is on its way to ${user.email}.`);
        onInvited(null);
      } else onInvited({ email: user.email, link: linkOf(inviteToken, user.email) });
    } catch (error) {
      setProblem(placeProblem(form, error));
      setBusy(false);
    }
  };
  return (
    <form className={c["steps"]} noValidate onSubmit={form.onSubmit((typed) => void invite(typed), focusInvalid(form))}>
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="off"
        data-autofocus
        key={form.key("email")}
        {...form.getInputProps("email")}
      />
      <RoleChoice value={role} onChange={setRole} />
      <ProblemNote problem={problem} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Invite
        </Button>
      </Group>
    </form>
  );
}

function linkOf(token: string, email: string): string {
  const search = new URLSearchParams({ token, email });
  return `${window.location.origin}/app/reset?${search.toString()}`;
}
