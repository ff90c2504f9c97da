import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { api, take } from "../../api/client";
import { asProblem } from "../../api/problem";
import { placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { useEnter } from "./entering";
import c from "./SignInFrame.module.css";
import { useWait } from "./waiting";

type Second = "none" | "code" | "recovery";

const SECOND_WRONG: Readonly<Record<string, "code" | "recoveryCode">> = {
  totp_wrong: "code",
  totp_spent: "code",
  recovery_code_wrong: "recoveryCode",
};

/**
 * One form for both steps, so that a password manager fills all of it: the second field appears when the server asks
 * for it, and what was typed stays.
 */
export function LoginForm({ next, email }: { next: string | undefined; email: string | undefined }) {
  const enter = useEnter(next);
  const [second, setSecond] = useState<Second>("none");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wait = useWait(problem);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: email ?? "", password: "", code: "", recoveryCode: "" },
  });
  const secondField = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (second !== "none") secondField.current?.focus();
  }, [second]);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (busy || wait > 0) return;
    const typed = form.getValues();
    setBusy(true);
    setProblem(null);
    form.clearErrors();
    try {
      const proof =
        second === "code"
          ? { code: typed.code.replace(/\s/g, "") }
          : second === "recovery"
            ? { recoveryCode: typed.recoveryCode.trim() }
            : {};
      await enter(
        await take(
          api.POST("/api/auth/login", { body: { email: typed.email.trim(), password: typed.password, ...proof } }),
        ),
      );
    } catch (error) {
      setBusy(false);
      const { code, message } = asProblem(error);
      const field = SECOND_WRONG[code];
      if (code === "totp_required" && second === "none") setSecond("code");
      else if (field !== undefined) {
        form.setFieldError(field, message);
        secondField.current?.select();
      } else setProblem(placeProblem(form, error));
    }
  };

  return (
    <form className={c["form"]} onSubmit={(event) => void submit(event)} noValidate>
      <TextInput
        id="email"
        name="email"
        label="E-mail"
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={!email}
        key={form.key("email")}
        {...form.getInputProps("email")}
      />
      <PasswordInput
        id="password"
        name="password"
        label="Password"
        autoComplete="current-password"
        autoFocus={Boolean(email)}
        visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
        key={form.key("password")}
        {...form.getInputProps("password")}
      />
      {second === "code" && (
        <TextInput
          id="code"
          name="code"
          label="Code of the authenticator app"
          description="Six digits; a new code appears every 30 s."
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          key={form.key("code")}
          {...form.getInputProps("code")}
          ref={secondField}
        />
      )}
      {second === "recovery" && (
        <TextInput
          id="recovery"
          name="recovery"
          label="Recovery code"
          description="One of the codes that you stored when you turned sign-in codes on. Each works once."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          key={form.key("recoveryCode")}
          {...form.getInputProps("recoveryCode")}
          ref={secondField}
        />
      )}
      <ProblemNote problem={problem} />
      <Button type="submit" fullWidth size="md" loading={busy} disabled={wait > 0}>
        {wait > 0 ? `Try again in ${wait} s` : "Sign in"}
      </Button>
      <div className={c["between"]}>
        {second === "none" ? (
          <span />
        ) : (
          <button
            type="button"
            className={c["link"]}
            onClick={() => setSecond((now) => (now === "code" ? "recovery" : "code"))}
          >
            {second === "code" ? "Use a recovery code instead" : "Use the authenticator app instead"}
          </button>
        )}
        <Link to="/reset" className={c["link"]}>
          Forgot the password?
        </Link>
      </div>
    </form>
  );
}
