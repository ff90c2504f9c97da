import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { type Overview, usePoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./SettingsPage.module.css";

type Pool = Overview["pool"];

function usePoolPatch(pool: Pool) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name?: string; template?: "haproxy" | "generic" }) =>
      take(api.PATCH("/api/pools/{poolId}", { params: { path: { poolId: pool.id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.pools }),
  });
}

export function PoolNameCard({ pool }: { pool: Pool }) {
  const lack = useLack("operator");
  const patch = usePoolPatch(pool);
  const [left, setLeft] = useState<unknown>(null);
  const form = useForm({
    mode: "controlled",
    initialValues: { name: pool.name },
    validate: { name: (name) => (name.trim() === "" ? "A pool needs a name." : null) },
  });
  const same = form.values.name.trim() === pool.name;
  return (
    <Card title="Pool name">
      <form
        noValidate
        onSubmit={form.onSubmit(({ name }) => {
          setLeft(null);
          patch.mutate(
            { name: name.trim() },
            {
              onSuccess: (saved) => toast.done(`The pool is called ${saved.name} now.`),
              onError: (error) => setLeft(placeProblem(form, error)),
            },
          );
        }, focusInvalid(form))}
      >
        <div className={c["row"]}>
          <TextInput
            label="Name"
            description="Shown everywhere. Neither DNS nor the members notice."
            maxLength={80}
            autoComplete="off"
            {...form.getInputProps("name")}
          />
        </div>
        {left !== null && <ProblemNote problem={left} />}
        <div className={c["between"]} data-end>
          <p />
          <WhyButton
            why={lack ?? (same ? "The name is not changed." : null)}
            type="submit"
            variant="default"
            loading={patch.isPending}
          >
            Rename pool
          </WhyButton>
        </div>
      </form>
    </Card>
  );
}

export function ProvidersCard({ pool }: { pool: Pool }) {
  const dns = usePoolDns(pool.id).data;
  return (
    <Card title="API providers">
      <div className={c["between"]}>
        <p className="wrap">
          {dns
            ? `${dns.fqdn} is kept with the key ${dns.credentialName}. Keys belong to the account and serve all its pools.`
            : "No DNS is connected to this pool. Keys of DNS providers belong to the account and serve all its pools."}
        </p>
        <Link to="/settings/api-providers">API providers</Link>
        <Link to="/pools/$pool/managed-dns" params={{ pool: pool.id }}>
          Managed DNS
        </Link>
      </div>
    </Card>
  );
}

const TEMPLATES = {
  haproxy: {
    now: "This is an HAProxy pool: the active member serves, standbys wait, and DNS follows.",
    button: "Convert to a generic pool",
    title: "into a generic Linux pool",
    changes: [
      "Whether HAProxy runs is no longer part of the verdict: only heartbeats, and the service probe if there is one.",
      "The card Balancer failover leaves this page; its settings are kept. Failover DNS stays on Managed DNS.",
      "Members get the pages of the stacks that their agents report.",
    ],
  },
  generic: {
    now: "This is a generic Linux pool: servers with whatever they run.",
    button: "Convert to an HAProxy pool",
    title: "into an HAProxy pool",
    changes: [
      "A standby must report an active HAProxy before it takes over, and an inactive one counts as down.",
      "The card Balancer failover appears here, with the settings that it had.",
      "The Overview shows the way of traffic: DNS record, active member, standbys.",
    ],
  },
} as const;

/** The wrong template is mended in place: no member is removed. */
export function PoolTemplateCard({ pool }: { pool: Pool }) {
  const lack = useLack("operator");
  const patch = usePoolPatch(pool);
  const [asking, setAsking] = useState(false);
  const from = pool.template === "haproxy" ? TEMPLATES.haproxy : TEMPLATES.generic;
  const target = pool.template === "haproxy" ? "generic" : "haproxy";
  const close = () => {
    setAsking(false);
    patch.reset();
  };
  return (
    <Card title="Template">
      <div className={c["between"]}>
        <p>{from.now}</p>
        <WhyButton why={lack} variant="default" onClick={() => setAsking(true)}>
          {from.button}
        </WhyButton>
      </div>
      <ConfirmDialog
        opened={asking}
        onClose={close}
        title={`Convert ${pool.name} ${from.title}?`}
        confirmLabel={`Convert ${pool.name}`}
        busy={patch.isPending}
        problem={patch.error}
        onConfirm={() =>
          patch.mutate(
            { template: target },
            {
              onSuccess: () => {
                close();
                toast.done(`${pool.name} is converted.`);
              },
            },
          )
        }
      >
        <p>Members, their history and DNS stay. Nothing on the hosts changes. What changes here:</p>
        <ul>
          {from.changes.map((change) => (
            <li key={change}>{change}</li>
          ))}
        </ul>
      </ConfirmDialog>
    </Card>
  );
}
