import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { api, take } from "../../api/client";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { useRegistration } from "./registration";
import c from "./SignInFrame.module.css";
import { useWait } from "./waiting";

export function AskForLink({ email }: { email: string | undefined }) {
  const mail = useRegistration().data?.mail;
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wait = useWait(problem);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: email ?? "" },
    validate: { email: (value) => (value.includes("@") ? null : "Use an address like name@example.com.") },
  });
  const ask = async (typed: { email: string }) => {
    if (busy || wait > 0) return;
    setBusy(true);
    setProblem(null);
    try {
      await take(api.POST("/api/auth/reset", { body: { email: typed.email.trim() } }));
      setSentTo(typed.email.trim());
    } catch (error) {
      setProblem(placeProblem(form, error));
    } finally {
      setBusy(false);
    }
  };

  if (mail === false) {
    return (
      <div className={c["hint"]}>
        <p>This installation cannot send mail, so a link would never arrive.</p>
        <p>An owner of your account can remove you and invite you again; the invitation shows them a link for you.</p>
      </div>
    );
  }
  if (sentTo !== null) {
    return (
      <div role="status">
        <div className={c["done"]}>
          <ToneIcon tone="ok" />
          <p>
            If <strong className="wrap">{sentTo}</strong> has a user here, a link is on its way. It works for 30
            minutes.
          </p>
        </div>
        <Button variant="default" fullWidth onClick={() => setSentTo(null)}>
          Use another address
        </Button>
      </div>
    );
  }
  return (
    <form className={c["form"]} onSubmit={form.onSubmit((typed) => void ask(typed), focusInvalid(form))} noValidate>
      <TextInput
        id="email"
        name="email"
        label="E-mail"
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        key={form.key("email")}
        {...form.getInputProps("email")}
      />
      <ProblemNote problem={problem} />
      <Button type="submit" fullWidth size="md" loading={busy} disabled={wait > 0}>
        {wait > 0 ? `Try again in ${wait} s` : "Send the link"}
      </Button>
    </form>
  );
}
