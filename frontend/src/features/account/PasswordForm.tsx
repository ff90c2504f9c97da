import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { asProblem } from "../../api/problem";
import { useMe } from "../../api/session";
import { Card } from "../../ui/Card";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { NewPasswordInput, newPasswordFault } from "../../ui/NewPasswordInput";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import c from "./account.module.css";

export function PasswordForm() {
  const email = useMe()?.user.email ?? "";
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { currentPassword: "", newPassword: "" },
    validate: {
      currentPassword: (value) => (value === "" ? "Type the password that you have now." : null),
      newPassword: newPasswordFault,
    },
  });
  const change = async (typed: { currentPassword: string; newPassword: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      await take(api.POST("/api/auth/password", { body: typed }));
      form.reset();
      void client.invalidateQueries({ queryKey: [...keys.account, "sessions"] });
      toast.done("The password is changed. Every other browser was signed out.");
    } catch (error) {
      if (asProblem(error).code === "credentials_wrong") {
        form.setFieldError("currentPassword", "That is not your present password.");
        form.getInputNode("currentPassword")?.focus();
      } else setProblem(placeProblem(form, error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Password">
      <form
        className={c["form"]}
        noValidate
        onSubmit={form.onSubmit((typed) => void change(typed), focusInvalid(form))}
      >
        {/* A password manager files the new password under this name. */}
        <input className="vh" type="email" autoComplete="username" value={email} readOnly tabIndex={-1} aria-hidden />
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the present password" }}
          key={form.key("currentPassword")}
          {...form.getInputProps("currentPassword")}
        />
        <NewPasswordInput label="New password" key={form.key("newPassword")} {...form.getInputProps("newPassword")} />
        <ProblemNote problem={problem} />
        <div className={c["foot"]}>
          <Button type="submit" variant="default" loading={busy}>
            Change the password
          </Button>
          <span className={c["quiet"]}>Every other browser is signed out.</span>
        </div>
      </form>
    </Card>
  );
}
