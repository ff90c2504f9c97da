import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { type Overview, usePoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { plural } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./SettingsPage.module.css";

/** Deleting takes everything along, so the pool's name is typed first. */
export function DangerZone({ pool, members }: { pool: Overview["pool"]; members: number }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const lack = useLack("admin");
  const dns = usePoolDns(pool.id).data;
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () =>
      take(
        api.DELETE("/api/pools/{poolId}", {
          params: { path: { poolId: pool.id }, query: { confirm: pool.name } },
        }),
      ),
    onSuccess: async () => {
      toast.done(`${pool.name} is deleted.`);
      await navigate({ to: "/pools" });
      client.removeQueries({ queryKey: keys.pool(pool.id) });
      await client.invalidateQueries({ queryKey: keys.pools });
    },
  });
  const close = () => {
    setAsking(false);
    remove.reset();
  };
  return (
    <Card title="Danger zone" className={c["danger"]}>
      <div className={c["between"]}>
        <p>Delete the pool with its members, jobs and history. The hosts themselves are not touched.</p>
        <WhyButton why={lack} color="red" variant="outline" onClick={() => setAsking(true)}>
          Delete pool
        </WhyButton>
      </div>
      <ConfirmDialog
        opened={asking}
        onClose={close}
        title={`Delete ${pool.name}?`}
        confirmLabel="Delete pool"
        danger
        typed={pool.name}
        busy={remove.isPending}
        problem={remove.error}
        onConfirm={() => remove.mutate()}
      >
        <p>This cannot be undone. Gone afterwards:</p>
        <ul>
          <li>{plural(members, "member")} with their secrets: the agents are refused from then on</li>
          <li>All jobs with their logs, failover events and settings of this pool</li>
          {dns && (
            <li className="wrap">
              The watch over {dns.fqdn}: the record stays as it is at the provider, and follows nobody any more
            </li>
          )}
        </ul>
      </ConfirmDialog>
    </Card>
  );
}
