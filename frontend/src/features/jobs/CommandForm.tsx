import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Command, unfitFor } from "../../api/commands";
import { orderForMember } from "../../api/jobs";
import { keys } from "../../api/keys";
import type { PoolMember } from "../../api/pool";
import { asProblem } from "../../api/problem";
import { useLack } from "../../api/session";
import { exact } from "../../lib/duration";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { initialValues, SchemaForm, type SchemaValues } from "../../ui/SchemaForm";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./CommandList.module.css";
import { fieldsOf, paramsOf, wrongParams } from "./commandFields";
import { stopQuery } from "./jobQueries";

interface Props {
  command: Command;
  member: PoolMember;
  onBack: () => void;
  onDone: () => void;
}

/** What one command asks for. A dangerous one is confirmed with the host's name, typed, in a dialog of its own. */
export function CommandForm({ command, member, onBack, onDone }: Props) {
  const client = useQueryClient();
  const stop = useQuery(stopQuery).data;
  const dangerous = command.danger === "dangerous";
  const lack = useLack(dangerous ? "admin" : "operator");
  const [key] = useState(() => crypto.randomUUID());
  const [asking, setAsking] = useState(false);
  const fields = fieldsOf(command);
  const form = useForm<SchemaValues>({
    mode: "uncontrolled",
    initialValues: initialValues(fields),
    validate: (values) => wrongParams(command, values),
  });
  const [left, setLeft] = useState<unknown>(null);
  const order = useMutation({
    mutationFn: () =>
      orderForMember(
        member.id,
        {
          command: command.id,
          params: paramsOf(command, form.getValues()),
          ...(dangerous ? { confirm: member.hostname } : {}),
        },
        key,
      ),
    onSuccess: () => {
      toast.done(`${command.title} is ordered: it runs on the next heartbeat.`);
      void client.invalidateQueries({ queryKey: keys.jobs });
      onDone();
    },
    onError: (error) => {
      // Wrong parameters are shown in the form, so the question in front of it goes away.
      const named = Object.keys(asProblem(error).errors).some((place) => place.startsWith("params."));
      if (named) setAsking(false);
      setLeft(placeProblem(form, error, names(command)));
    },
  });
  const send = () => {
    setLeft(null);
    if (dangerous) setAsking(true);
    else order.mutate();
  };
  const unfit = unfitFor(command, member.heartbeat);
  const why = lack ?? unfit ?? (stop?.stopped ? `Jobs are stopped in this account: ${stop.reason}` : null);
  return (
    <form className={c["form"]} onSubmit={form.onSubmit(send, focusInvalid(form))} noValidate>
      <h3>{command.title}</h3>
      <p>{command.description}</p>
      {command.stopsHaproxy && (
        <p className={c["note"]}>It stops HAProxy: {member.displayName} serves nobody meanwhile.</p>
      )}
      <p className={c["about"]}>
        It may take {exact(command.timeoutSec)} at most.{" "}
        {command.idempotent
          ? "When it is cut off it is tried again by itself."
          : "When it is cut off, a person decides whether it runs again."}
      </p>
      <SchemaForm fields={fields} form={form} />
      {left !== null && !asking && <ProblemNote problem={left} />}
      <div className={c["end"]}>
        <Button variant="subtle" onClick={onBack}>
          Other commands
        </Button>
        <WhyButton why={why} type="submit" color={dangerous ? "red" : "iris"} loading={order.isPending && !asking}>
          {dangerous ? `${command.title}…` : command.title}
        </WhyButton>
      </div>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={`${command.title} on ${member.displayName}?`}
        confirmLabel={command.title}
        danger
        typed={member.hostname}
        busy={order.isPending}
        problem={left}
        onConfirm={() => {
          setLeft(null);
          order.mutate();
        }}
      >
        <p>{command.description}</p>
        {member.active && (
          <p className={c["note"]}>{member.displayName} is the active member: clients of the pool are on it now.</p>
        )}
      </ConfirmDialog>
    </form>
  );
}

const names = (command: Command): Record<string, string> =>
  Object.fromEntries(Object.keys(command.params).map((name) => [`params.${name}`, name]));
