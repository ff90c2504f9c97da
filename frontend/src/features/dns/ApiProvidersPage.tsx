import { Skeleton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { EditKeyDialog } from "./EditKeyDialog";
import { KeyCard } from "./KeyCard";
import { KeyDialog } from "./KeyDialog";
import c from "./keys.module.css";
import { type ProviderKey, useProviderKeys, useProviderKinds } from "./keysOfProviders";
import { RotateDialog } from "./RotateDialog";
import { apiProvidersSearch } from "./search";
import { ZonesDialog } from "./ZonesDialog";

/** The account's keys at DNS providers. */
export function ApiProvidersPage() {
  const saved = useProviderKeys();
  const kinds = useProviderKinds();
  const lack = useLack("admin");
  const search = apiProvidersSearch(useSearch({ strict: false }));
  const navigate = useNavigate({ from: "/settings/api-providers" });
  const go = (next: typeof search) => void navigate({ search: next, resetScroll: false });
  const chosen = saved.data?.find((one) => one.id === search.key);
  const kind = kinds.data?.find((one) => one.kind === chosen?.kind);
  const close = () => go({});
  const add = (
    <WhyButton why={lack} leftSection={<IconPlus size={16} aria-hidden />} onClick={() => go({ add: true })}>
      Add key
    </WhyButton>
  );
  return (
    <>
      <div className={c["intro"]}>
        <p>
          Keys for the providers that hold your zones. Each pool is linked to one key under Managed DNS. Secrets go in
          and never come out: what stays visible is their last four characters.
        </p>
        {(saved.data?.length ?? 0) > 0 && add}
      </div>
      <Section
        query={saved}
        skeleton={<Skeleton height={220} radius={12} />}
        isEmpty={(all) => all.length === 0}
        empty={
          <Empty action={add}>
            No key is saved yet: add one for Cloudflare, cPanel &amp; WHM, PowerDNS or a server with DNS updates.
          </Empty>
        }
      >
        {(all) => (
          <div className={c["keys"]}>
            {all.map((one) => (
              <KeyCard
                key={one.id}
                saved={one}
                kind={kinds.data?.find((known) => known.kind === one.kind)}
                globalKey={all.find((other) => other.isGlobal)}
                onDialog={(dialog) => go({ key: one.id, do: dialog })}
              />
            ))}
          </div>
        )}
      </Section>
      {kinds.data && <KeyDialog opened={search.add === true && !lack} onClose={close} kinds={kinds.data} />}
      {chosen && kind && !lack && (
        <>
          <RotateDialog opened={search.do === "rotate"} onClose={close} saved={chosen} kind={kind} />
          <EditKeyDialog opened={search.do === "edit"} onClose={close} saved={chosen} kind={kind} />
        </>
      )}
      {chosen && (
        <>
          <ZonesDialog opened={search.do === "zones"} onClose={close} saved={chosen} />
          <DeleteKeyDialog opened={search.do === "delete"} onClose={close} saved={chosen} />
        </>
      )}
    </>
  );
}

function DeleteKeyDialog({ opened, onClose, saved }: { opened: boolean; onClose: () => void; saved: ProviderKey }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      take(api.DELETE("/api/provider-credentials/{credentialId}", { params: { path: { credentialId: saved.id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.credentials });
      toast.done(`Deleted the key ${saved.name}.`);
      onClose();
    },
  });
  const lack = useLack("admin");
  const inUse = saved.usedBy.length > 0;
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        remove.reset();
        onClose();
      }}
      title="Delete this key?"
      confirmLabel="Delete key"
      danger
      typed={saved.name}
      blocked={
        inUse
          ? `${saved.usedBy.join(", ")} ${saved.usedBy.length === 1 ? "uses" : "use"} this key. Link ${saved.usedBy.length === 1 ? "this pool" : "these pools"} to another key first.`
          : lack
      }
      busy={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p className="wrap">
        The stored secret of {saved.name} is erased here. At the provider the token stays valid until you take it back
        there.
        {saved.isGlobal ? " It is the global key: the oldest other Cloudflare key becomes global." : ""}
      </p>
    </ConfirmDialog>
  );
}
