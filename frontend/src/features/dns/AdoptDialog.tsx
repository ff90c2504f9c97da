import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { PoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { useLive } from "../../api/stream/live";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import { BeforeAfter } from "./BeforeAfter";
import { addressLines, recordLines } from "./nameWords";

interface Props {
  opened: boolean;
  onClose: () => void;
  dns: PoolDns;
}

/** Take the whole name over: from then on every address record there is ours, and surplus ones are removed. */
export function AdoptDialog({ opened, onClose, dns }: Props) {
  const client = useQueryClient();
  const { stale } = useLive();
  const lack = useLack("admin");
  const adopt = useMutation({
    mutationFn: () => take(api.POST("/api/pools/{poolId}/dns/adopt", { params: { path: { poolId: dns.poolId } } })),
    onSuccess: (now) => {
      client.setQueryData([...keys.pool(dns.poolId), "dns"], now);
      void client.invalidateQueries({ queryKey: keys.dns });
      toast.done(`${dns.fqdn} is adopted. The next check puts it right.`);
      onClose();
    },
  });
  const text = ({ type, value }: { type: string; value: string }) => `${type} ${value}`;
  const now = addressLines(dns.observed).map(text);
  const then = addressLines(dns.wanted).map(text);
  const goes = recordLines(dns).filter((line) => line.observed && !line.wanted);
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        adopt.reset();
        onClose();
      }}
      title={`Adopt ${dns.fqdn}?`}
      confirmLabel="Adopt the name"
      danger
      blocked={lack ?? whyNot(dns, stale)}
      busy={adopt.isPending}
      problem={adopt.error}
      onConfirm={() => adopt.mutate()}
    >
      <BeforeAfter
        before={now.length > 0 ? now : ["No record"]}
        after={then.length > 0 ? then : ["What the pool orders next"]}
      />
      <p className="wrap">
        From now on every address record at this name is ours.{" "}
        {goes.length > 0
          ? `The next check removes ${goes.map(text).join(", ")}. Clients that were sent there go to the active member instead.`
          : "Records that others add later are removed, too."}
      </p>
    </ConfirmDialog>
  );
}

function whyNot(dns: PoolDns, stale: boolean): string | null {
  if (dns.adopted) return "The name is adopted already.";
  if (stale) return "The page is not up to date: wait until it is live again.";
  return null;
}
