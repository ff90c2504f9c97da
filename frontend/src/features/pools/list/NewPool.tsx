import { Button, Group, Modal, Radio, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { Problem } from "../../../api/problem";
import { useLack } from "../../../api/session";
import { focusInvalid, placeProblem } from "../../../ui/forms";
import { Pill } from "../../../ui/Pill";
import { ProblemNote } from "../../../ui/ProblemNote";
import { toast } from "../../../ui/toast";
import { WhyButton } from "../../../ui/WhyButton";
import c from "./list.module.css";

const TEMPLATES = [
  {
    value: "haproxy",
    title: "HAProxy",
    note: "Load balancers in front of your servers. One member is active, the others stand by, and DNS moves to the next ready one. HAProxy may be installed already, or a job installs it.",
  },
  {
    value: "generic",
    title: "Generic Linux servers",
    note: "Everything else: cPanel, OpenLiteSpeed, MySQL and MariaDB, Galera, database servers, plain hosts. Each server shows the tools of what its agent finds there. DNS is optional.",
  },
] as const;
const NAME_MAX = 80;

/** `?new`: a name and a template, and the pool is there. */
export function NewPool({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal opened={opened} onClose={onClose} title={<strong>Add pool</strong>} size={560} fullScreen={phone ?? false}>
      {opened && <Body onClose={onClose} />}
    </Modal>
  );
}

function Body({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const lack = useLack("operator");
  const [left, setLeft] = useState<Problem | null>(null);
  const form = useForm({
    initialValues: { name: "", template: "haproxy" as "haproxy" | "generic" },
    validate: {
      name: (value) =>
        value.trim() === ""
          ? "Give the pool a name, for example production-edge."
          : value.trim().length > NAME_MAX
            ? `A name has at most ${NAME_MAX} characters.`
            : null,
    },
  });
  const make = useMutation({
    mutationFn: ({ name, template }: typeof form.values) =>
      take(api.POST("/api/pools", { body: { name: name.trim(), template } })),
    onMutate: () => setLeft(null),
    onSuccess: (pool) => {
      void client.invalidateQueries({ queryKey: keys.pools });
      toast.done(`The pool ${pool.name} is there.`);
      void navigate({ to: "/pools/$pool", params: { pool: pool.id } });
    },
    onError: (error) => setLeft(placeProblem(form, error)),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => make.mutate(values), focusInvalid(form))}
      className={c["form"]}
    >
      <TextInput
        label="Name"
        description="It can be changed later."
        placeholder="production-edge"
        autoComplete="off"
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Radio.Group label="What runs on the servers" {...form.getInputProps("template")}>
        <div className={c["templates"]}>
          {TEMPLATES.map(({ value, title, note }) => (
            <Radio.Card
              key={value}
              value={value}
              className={c["template"]}
              aria-label={title}
              aria-describedby={`template-${value}`}
            >
              <Radio.Indicator />
              <span>
                <b>
                  {title}
                  {value === "haproxy" && (
                    <Pill tone="info" icon={false}>
                      Well tested, public beta
                    </Pill>
                  )}
                </b>
                <span id={`template-${value}`}>{note}</span>
              </span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      <p className={c["later"]}>Wrong choice? Settings of the pool convert it to the other template in place.</p>
      <ProblemNote problem={left} />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <WhyButton why={lack} type="submit" loading={make.isPending}>
          Add pool
        </WhyButton>
      </Group>
    </form>
  );
}
