import { Button, Group, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { asProblem } from "../../api/problem";
import { learn, useMe } from "../../api/session";
import { ProblemNote } from "../../ui/ProblemNote";
import type { Ask, GateState } from "./useGates";

/** Both dialogs lie over the page: whatever was typed below them stays. */
export default function Gates({ state, onSignOut }: { state: GateState; onSignOut: () => void }) {
  const { asks, answer } = state;
  return (
    <Modal
      opened={asks !== null}
      onClose={() => answer(false)}
      title={<strong>{asks === "sign-in" ? "Your session has ended" : "Confirm that it is you"}</strong>}
      size={420}
      zIndex={400}
      closeOnClickOutside={false}
    >
      {asks !== null && (
        <Proof
          key={asks}
          asks={asks}
          onPassed={() => answer(true)}
          onCancel={() => answer(false)}
          onSignOut={onSignOut}
        />
      )}
    </Modal>
  );
}

interface ProofProps {
  asks: Ask;
  onPassed: () => void;
  onCancel: () => void;
  onSignOut: () => void;
}

function Proof({ asks, onPassed, onCancel, onSignOut }: ProofProps) {
  const me = useMe();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wantsCode =
    (me?.user.totpEnabled ?? false) || (problem !== null && asProblem(problem).code === "totp_required");
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const proof = { password, ...codeOrRecovery(code) };
      const answer =
        asks === "sign-in"
          ? await take(api.POST("/api/auth/login", { body: { email: me?.user.email ?? "", ...proof } }))
          : await take(api.POST("/api/auth/step-up", { body: proof }));
      client.setQueryData(keys.me, learn(answer));
      onPassed();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <p style={{ marginTop: 0 }}>
        {asks === "sign-in"
          ? "Sign in again to go on. Nothing that you typed is lost."
          : "This action wants a proof that is at most five minutes old."}
      </p>
      <TextInput label="E-mail" value={me?.user.email ?? ""} readOnly autoComplete="username" type="email" />
      <PasswordInput
        mt="sm"
        label="Password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        autoComplete="current-password"
        required
        data-autofocus
      />
      {wantsCode && (
        <TextInput
          mt="sm"
          label="Code of the authenticator app"
          description="Or one of your recovery codes"
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value.trim())}
        />
      )}
      {problem !== null && (
        <div style={{ marginTop: 12 }}>
          <ProblemNote problem={problem} />
        </div>
      )}
      <Group justify="space-between" mt="lg">
        <Button variant="subtle" color="gray" onClick={asks === "sign-in" ? onSignOut : onCancel}>
          {asks === "sign-in" ? "To the sign-in page" : "Cancel"}
        </Button>
        <Button type="submit" loading={busy}>
          {asks === "sign-in" ? "Sign in" : "Confirm"}
        </Button>
      </Group>
    </form>
  );
}

/** Six digits are the app's; anything else that was typed is a recovery code. */
function codeOrRecovery(text: string): { code?: string; recoveryCode?: string } {
  if (text === "") return {};
  return /^\d{6}$/.test(text) ? { code: text } : { recoveryCode: text };
}
