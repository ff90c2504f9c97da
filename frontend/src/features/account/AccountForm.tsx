import { TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { type Me, useLack, useMe } from "../../api/session";
import { Card } from "../../ui/Card";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./account.module.css";

type Account = Wire<"AccountOut">;

export function AccountForm() {
  const account = useMe()?.account;
  return <Card title="Account">{account && <Fields key={account.id} account={account} />}</Card>;
}

function Fields({ account }: { account: Account }) {
  const client = useQueryClient();
  const lack = useLack("admin");
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: account.name, alertEmail: account.alertEmail ?? "", teamInboxes: account.teamInboxes },
    validate: { name: (value) => (value.trim() === "" ? "Give the account a name." : null) },
  });
  const save = useMutation({
    mutationFn: (typed: ReturnType<typeof form.getValues>) =>
      take(
        api.PATCH("/api/account", {
          body: {
            name: typed.name.trim(),
            alertEmail: typed.alertEmail.trim() || null,
            teamInboxes: typed.teamInboxes,
          },
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData<Me>(keys.me, (me) => me && { ...me, account: saved });
      form.setValues({ name: saved.name, alertEmail: saved.alertEmail ?? "", teamInboxes: saved.teamInboxes });
      form.resetDirty();
      toast.done("The account is saved.");
    },
  });
  const left = save.error === null ? null : form.isValid() && Object.keys(form.errors).length > 0 ? null : save.error;
  return (
    <form
      className={c["form"]}
      noValidate
      onSubmit={form.onSubmit(
        (typed) => save.mutate(typed, { onError: (error) => void placeProblem(form, error) }),
        focusInvalid(form),
      )}
    >
      <TextInput
        label="Name"
        maxLength={120}
        readOnly={lack !== null}
        key={form.key("name")}
        {...form.getInputProps("name")}
      />
      <TextInput
        label="Alert e-mail"
        description="Alerts go here unless a pool or a member names other recipients."
        type="email"
        readOnly={lack !== null}
        key={form.key("alertEmail")}
        {...form.getInputProps("alertEmail")}
      />
      <TagsInput
        label="Team inboxes"
        description="Up to 20 further addresses to pick as recipients. Enter or a comma ends one."
        placeholder="noc@example.com"
        maxTags={20}
        readOnly={lack !== null}
        splitChars={[",", ";", " "]}
        acceptValueOnBlur
        key={form.key("teamInboxes")}
        {...form.getInputProps("teamInboxes")}
      />
      <ProblemNote problem={left} />
      <div className={c["foot"]}>
        <WhyButton type="submit" why={lack} loading={save.isPending}>
          Save the account
        </WhyButton>
      </div>
    </form>
  );
}
