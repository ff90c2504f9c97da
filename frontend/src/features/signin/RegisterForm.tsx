import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { api, take } from "../../api/client";
import { asProblem } from "../../api/problem";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { NewPasswordInput, newPasswordFault } from "../../ui/NewPasswordInput";
import { ProblemNote } from "../../ui/ProblemNote";
import { useEnter } from "./entering";
import c from "./SignInFrame.module.css";
import { useWait } from "./waiting";

/** A new account and its owner. The first user of an installation proves with a token that the console is theirs. */
export function RegisterForm({ first }: { first: boolean }) {
  const enter = useEnter(undefined);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wait = useWait(problem);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { setupToken: "", accountName: "", email: "", password: "" },
    validate: {
      setupToken: (value) => (first && value.trim() === "" ? "Paste the token that the console printed." : null),
      email: (value) => (value.includes("@") ? null : "Use an address like name@example.com."),
      password: newPasswordFault,
    },
  });

  const register = async (typed: ReturnType<typeof form.getValues>) => {
    if (busy || wait > 0) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = {
        email: typed.email.trim(),
        password: typed.password,
        accountName: typed.accountName.trim() || null,
        setupToken: first ? typed.setupToken.trim() : null,
      };
      await enter(await take(api.POST("/api/auth/register", { body })));
    } catch (error) {
      setBusy(false);
      const { code, message } = asProblem(error);
      if (code.startsWith("setup_token")) {
        form.setFieldError("setupToken", message);
        form.getInputNode("setupToken")?.focus();
      } else setProblem(placeProblem(form, error));
    }
  };

  return (
    <form
      className={c["form"]}
      onSubmit={form.onSubmit((typed) => void register(typed), focusInvalid(form))}
      noValidate
    >
      {first && (
        <>
          <div className={c["hint"]}>
            <p>
              The console printed a <strong>set-up token</strong> when the server started, after “Nobody owns it yet”.
            </p>
            <p>
              As a service, find it with <code>journalctl -u serversctl</code>. Each start prints a new one.
            </p>
          </div>
          <TextInput
            id="setup-token"
            label="Set-up token"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            key={form.key("setupToken")}
            {...form.getInputProps("setupToken")}
          />
        </>
      )}
      <TextInput
        id="account"
        name="organization"
        label="Account name"
        description="Your company or team. It can be changed later."
        autoComplete="organization"
        autoFocus={!first}
        maxLength={120}
        key={form.key("accountName")}
        {...form.getInputProps("accountName")}
      />
      <TextInput
        id="email"
        name="email"
        label="E-mail"
        description="For sign-in, and the first address that alerts go to."
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        key={form.key("email")}
        {...form.getInputProps("email")}
      />
      <NewPasswordInput id="password" name="password" key={form.key("password")} {...form.getInputProps("password")} />
      <ProblemNote problem={problem} />
      <Button type="submit" fullWidth size="md" loading={busy} disabled={wait > 0}>
        {wait > 0 ? `Try again in ${wait} s` : first ? "Set up and sign in" : "Register"}
      </Button>
    </form>
  );
}
