import { Button, Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, take, type Wire } from "../../api/client";
import { asProblem } from "../../api/problem";
import { CopyButton } from "../../ui/CopyButton";
import { ProblemNote } from "../../ui/ProblemNote";
import c from "./account.module.css";
import { QrCode } from "./QrCode";

interface Props {
  begun: Wire<"TotpBegunOut">;
  onCancel: () => void;
  onEnabled: (recoveryCodes: string[]) => void;
}

/** Scan, type a first code, and codes are on. Until then nothing is demanded at sign-in. */
export function TotpSetUp({ begun, onCancel, onEnabled }: Props) {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wrong = problem === null ? null : asProblem(problem);
  const atField = wrong !== null && (wrong.code.startsWith("totp_") || wrong.errors["code"] !== undefined);
  const confirm = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const { recoveryCodes } = await take(api.PUT("/api/auth/totp", { body: { code: code.replace(/\s/g, "") } }));
      onEnabled(recoveryCodes);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <form className={c["steps"]} onSubmit={(event) => void confirm(event)} noValidate>
      <div className={c["qr"]}>
        <QrCode text={begun.otpauthUri} label="QR code of the secret for the authenticator app" />
        <div className={c["steps"]}>
          <p>1. Scan the picture with an authenticator app, or type the secret into it:</p>
          <p className={c["secret"]} data-secret>
            {begun.secret.match(/.{1,4}/g)?.join(" ")}
            <CopyButton value={begun.secret} label="Copy the secret" bare />
          </p>
          <p>2. Type the code that the app shows now:</p>
          <TextInput
            label="Code of the authenticator app"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={10}
            data-autofocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            error={atField ? (wrong.errors["code"]?.join(" ") ?? wrong.message) : null}
          />
        </div>
      </div>
      {!atField && <ProblemNote problem={problem} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Turn codes on
        </Button>
      </Group>
    </form>
  );
}
