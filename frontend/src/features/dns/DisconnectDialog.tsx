import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { PoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";

interface Props {
  opened: boolean;
  onClose: () => void;
  dns: PoolDns;
}

export function DisconnectDialog({ opened, onClose, dns }: Props) {
  const client = useQueryClient();
  const lack = useLack("admin");
  const remove = useMutation({
    mutationFn: () => take(api.DELETE("/api/pools/{poolId}/dns", { params: { path: { poolId: dns.poolId } } })),
    onSuccess: () => {
      client.setQueryData([...keys.pool(dns.poolId), "dns"], null);
      void client.invalidateQueries({ queryKey: keys.pool(dns.poolId) });
      void client.invalidateQueries({ queryKey: keys.dns });
      void client.invalidateQueries({ queryKey: keys.credentials });
      toast.done(`${dns.fqdn} is disconnected. Its record stays as it is.`);
      onClose();
    },
  });
  const targets = dns.currentTarget.join(", ");
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        remove.reset();
        onClose();
      }}
      title="Disconnect DNS from this pool?"
      confirmLabel="Disconnect DNS"
      danger
      typed={dns.fqdn}
      blocked={lack}
      busy={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p className="wrap">
        The record of {dns.fqdn} stays as it is{targets ? `: clients go on to ${targets}` : ""}. Nobody moves it any
        more, so a failover of this pool reaches no client.
      </p>
    </ConfirmDialog>
  );
}
