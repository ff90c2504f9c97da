import type { PoolDns } from "../../api/pool";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { BeforeAfter } from "./BeforeAfter";
import type { NameWish } from "./NameForm";
import { fullName } from "./nameWords";

interface Props {
  dns: PoolDns;
  wish: NameWish | null;
  keyName: string;
  busy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Another name, key or way through the proxy: what stands before and after, and what becomes of the old record. */
export function ChangeNameDialog({ dns, wish, keyName, busy, onClose, onConfirm }: Props) {
  const name = wish ? (fullName(wish.label, wish.zone) ?? "") : "";
  const renamed = name !== dns.fqdn;
  const way = (proxied: boolean) => (proxied ? "Proxied" : "DNS only");
  return (
    <ConfirmDialog
      opened={wish !== null}
      onClose={onClose}
      title={renamed ? "Move the pool to another name?" : "Change how the name is served?"}
      confirmLabel={renamed ? `Use ${name.length > 40 ? "the new name" : name}` : "Change the record"}
      busy={busy}
      onConfirm={onConfirm}
    >
      <BeforeAfter
        before={[dns.fqdn, way(dns.proxied), `Key ${dns.credentialName}`]}
        after={[name, way(wish?.proxied ?? false), `Key ${keyName}`]}
      />
      <p>
        {renamed
          ? `The record at ${dns.fqdn} stays as it is and does not follow failovers any more. Clients that use it stay on its present address.`
          : "The record is written within seconds. Clients may see both ways until resolvers forget the old answer."}
      </p>
    </ConfirmDialog>
  );
}
