import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../api/client";
import { asProblem } from "../../api/problem";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { NewPasswordInput, newPasswordFault } from "../../ui/NewPasswordInput";
import { ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import c from "./SignInFrame.module.css";
import { useWait } from "./waiting";

export function SetPassword({ token, email }: { token: string; email: string | undefined }) {
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const wait = useWait(problem);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: newPasswordFault },
  });
  const save = async ({ password }: { password: string }) => {
    if (busy || wait > 0) return;
    setBusy(true);
    setProblem(null);
    try {
      await take(api.POST("/api/auth/reset/confirm", { body: { token, password } }));
      setDone(true);
    } catch (error) {
      // A spent link is named at a field that people do not see: it is said over the button instead.
      const spent = asProblem(error).code === "reset_token_spent";
      setProblem(spent ? error : placeProblem(form, error));
    } finally {
      setBusy(false);
    }
  };

  if (done) {
    return (
      <div role="status">
        <div className={c["done"]}>
          <ToneIcon tone="ok" />
          <p>Your password is set. Every browser that was signed in as you has been signed out.</p>
        </div>
        <Button
          fullWidth
          size="md"
          renderRoot={(props) => <Link to="/login" search={email ? { email } : {}} {...props} />}
        >
          Sign in
        </Button>
      </div>
    );
  }
  return (
    <form className={c["form"]} onSubmit={form.onSubmit((typed) => void save(typed), focusInvalid(form))} noValidate>
      {/* A password manager files the password under this name. */}
      {email && (
        <input
          className="vh"
          type="email"
          name="email"
          autoComplete="username"
          value={email}
          readOnly
          tabIndex={-1}
          aria-hidden
        />
      )}
      <NewPasswordInput
        id="password"
        name="password"
        label="New password"
        autoFocus
        key={form.key("password")}
        {...form.getInputProps("password")}
      />
      {problem !== null && (
        <ProblemNote problem={problem}>
          {asProblem(problem).code === "reset_token_spent" && <Link to="/reset">Ask for a new link</Link>}
        </ProblemNote>
      )}
      <Button type="submit" fullWidth size="md" loading={busy} disabled={wait > 0}>
        {wait > 0 ? `Try again in ${wait} s` : "Save the password"}
      </Button>
    </form>
  );
}
