import { Checkbox, Radio, Select, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { PoolDns } from "../../api/pool";
import type { Problem } from "../../api/problem";
import { useLack } from "../../api/session";
import { focusInvalid, placeProblem } from "../../ui/forms";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { ChangeNameDialog } from "./ChangeNameDialog";
import { kindTitle, type ProviderKey, type ProviderKind } from "./keysOfProviders";
import c from "./name.module.css";
import { boundSec, fullName, ttlChoices, worstCase } from "./nameWords";
import { ZoneField } from "./ZoneField";

export type NameWish = {
  credentialId: string;
  zone: string;
  label: string;
  ttl: number;
  proxied: boolean;
  dynamicSync: boolean;
  internal: boolean;
};

interface Props {
  poolId: string;
  dns: PoolDns | null;
  savedKeys: readonly ProviderKey[];
  kinds: readonly ProviderKind[];
  recoverySec: number | undefined;
  /** Opens the dialog for another key. */
  onNewKey: () => void;
  /** A key that was just made here: it is chosen. */
  newKeyId: string | null;
}

const TTL_FIRST = 60;

/** The name that clients use, where it is kept and how it is served. */
export function NameForm({ poolId, dns, savedKeys, kinds, recoverySec, onNewKey, newKeyId }: Props) {
  const client = useQueryClient();
  const lack = useLack("admin");
  const mayList = useLack("operator") === null;
  const [left, setLeft] = useState<Problem | null>(null);
  const [asked, setAsked] = useState<NameWish | null>(null);
  const forDns = savedKeys.filter((one) => one.scope === "dns");
  const form = useForm<NameWish>({
    initialValues: wishOf(dns, forDns),
    validate: {
      credentialId: (value) => (value ? null : "Choose a key."),
      zone: (value) => (value.trim() ? null : "Choose the zone that holds the name."),
      label: (value) => (value.trim() ? null : "Type a label, or @ for the zone itself."),
    },
  });
  // What somebody else saved in the meantime is taken over, unless something was typed here.
  const stands = JSON.stringify(wishOf(dns, forDns));
  const [began, setBegan] = useState(stands);
  if (stands !== began) {
    setBegan(stands);
    if (!form.isDirty()) {
      form.setInitialValues(wishOf(dns, forDns));
      form.setValues(wishOf(dns, forDns));
    }
  }
  const [seenKey, setSeenKey] = useState<string | null>(null);
  if (newKeyId !== null && newKeyId !== seenKey && forDns.some((one) => one.id === newKeyId)) {
    setSeenKey(newKeyId);
    form.setValues({ credentialId: newKeyId, zone: "" });
  }
  const values = form.values;
  const key = forDns.find((one) => one.id === values.credentialId);
  const kind = kinds.find((one) => one.kind === key?.kind);
  const name = fullName(values.label, values.zone);
  const proxied = values.proxied && kind?.canProxy === true;
  const ttl = kind ? fittingTtl(values.ttl, kind) : values.ttl;
  const save = useMutation({
    mutationFn: (wish: NameWish) =>
      take(api.PUT("/api/pools/{poolId}/dns", { params: { path: { poolId } }, body: wish })),
    onSuccess: (now) => {
      client.setQueryData([...keys.pool(poolId), "dns"], now);
      void client.invalidateQueries({ queryKey: keys.dns });
      void client.invalidateQueries({ queryKey: keys.credentials });
      void client.invalidateQueries({ queryKey: keys.pool(poolId) });
      form.setInitialValues(wishOf(now, forDns));
      form.setValues(wishOf(now, forDns));
      setAsked(null);
      toast.done(`Saved ${now.fqdn}.`);
    },
    onError: (error) => {
      setAsked(null);
      setLeft(placeProblem(form, error));
    },
  });
  const submit = (given: NameWish) => {
    setLeft(null);
    const wish = { ...given, label: given.label.trim(), zone: given.zone.trim(), proxied, ttl };
    if (dns !== null && moves(dns, wish)) setAsked(wish);
    else save.mutate(wish);
  };
  return (
    <form noValidate onSubmit={form.onSubmit(submit, focusInvalid(form))}>
      <div className={c["zoneField"]}>
        <Select
          className={c["growing"]}
          label="API key"
          withAsterisk
          data={forDns.map((one) => ({
            value: one.id,
            label: `${one.name} (${kindTitle(kinds, one.kind)}${one.isGlobal ? ", global" : ""})`,
          }))}
          placeholder={forDns.length === 0 ? "No DNS key is saved yet" : "Choose a key"}
          allowDeselect={false}
          {...form.getInputProps("credentialId")}
          value={values.credentialId || null}
          onChange={(id) => form.setValues({ credentialId: id ?? "", zone: "" })}
        />
        <WhyButton why={lack} variant="default" className={c["reload"] ?? ""} onClick={onNewKey}>
          Connect another
        </WhyButton>
      </div>
      <ZoneField
        key={values.credentialId}
        keyId={values.credentialId}
        mayList={mayList}
        value={values.zone}
        error={form.errors["zone"]}
        path="zone"
        onChange={(zone) => form.setFieldValue("zone", zone)}
      />
      <TextInput
        mt="sm"
        label="Label"
        description="What stands before the zone, for example lb. @ is the zone itself."
        withAsterisk
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={253}
        {...form.getInputProps("label")}
      />
      <output className={c["preview"]} aria-label="Full name">
        {name ? <span className="mono wrap">{name}</span> : "The full name appears here."}
      </output>
      <Radio.Group
        mt="md"
        label="How clients reach the pool"
        {...form.getInputProps("proxied")}
        value={proxied ? "proxied" : "direct"}
        onChange={(way) => form.setFieldValue("proxied", way === "proxied")}
      >
        <Radio
          mt={6}
          value="direct"
          label="DNS only"
          description="Clients reach the active member's address directly. Needed for raw TCP and for ports that the proxy does not carry."
        />
        <Radio
          mt={10}
          value="proxied"
          label="Proxied"
          disabled={kind !== undefined && !kind.canProxy}
          description={
            kind !== undefined && !kind.canProxy
              ? `${kind.title} cannot proxy; Cloudflare can.`
              : "Traffic runs through Cloudflare, which hides the members' addresses. For HTTP and HTTPS only."
          }
        />
      </Radio.Group>
      <Select
        mt="md"
        label="TTL"
        description={
          proxied ? "Proxied names always have the automatic TTL." : "How long resolvers may keep an answer."
        }
        data={kind ? ttlChoices(kind, ttl) : [{ value: String(ttl), label: `${ttl} s` }]}
        allowDeselect={false}
        disabled={proxied || kind === undefined}
        {...form.getInputProps("ttl")}
        value={proxied ? String(kind?.ttlAuto ?? ttl) : String(ttl)}
        onChange={(text) => form.setFieldValue("ttl", Number(text))}
      />
      {recoverySec !== undefined && kind && (
        <p className={c["bound"]}>{worstCase(recoverySec, boundSec(ttl, proxied, kind.ttlAuto))}</p>
      )}
      <Switch
        mt="md"
        label="Dynamic sync"
        description="For members whose address changes: the address that a member declares is published once its heartbeats arrive from it. Off: only approved addresses are ever published."
        {...form.getInputProps("dynamicSync", { type: "checkbox" })}
      />
      <Checkbox
        mt="md"
        label="Internal network"
        description="Clients are on a private network: private addresses may be published under this name."
        {...form.getInputProps("internal", { type: "checkbox" })}
      />
      {left && (
        <div className={c["left"]}>
          <ProblemNote problem={left} />
        </div>
      )}
      <div className={c["formFoot"]}>
        <WhyButton
          why={lack ?? (dns !== null && !form.isDirty() ? "Nothing is changed yet." : null)}
          type="submit"
          loading={save.isPending}
        >
          {dns === null ? "Connect DNS" : "Save changes"}
        </WhyButton>
      </div>
      {dns !== null && (
        <ChangeNameDialog
          dns={dns}
          wish={asked}
          keyName={forDns.find((one) => one.id === asked?.credentialId)?.name ?? ""}
          busy={save.isPending}
          onClose={() => setAsked(null)}
          onConfirm={() => asked && save.mutate(asked)}
        />
      )}
    </form>
  );
}

function wishOf(dns: PoolDns | null, forDns: readonly ProviderKey[]): NameWish {
  if (dns === null) {
    const first = forDns.find((one) => one.isGlobal) ?? (forDns.length === 1 ? forDns[0] : undefined);
    return {
      credentialId: first?.id ?? "",
      zone: "",
      label: "",
      ttl: TTL_FIRST,
      proxied: false,
      dynamicSync: false,
      internal: false,
    };
  }
  const { credentialId, zone, label, proxied, dynamicSync, internal } = dns;
  // A proxied record holds "automatic"; who turns the proxy off wants a TTL that moves clients soon.
  return { credentialId, zone, label, ttl: proxied ? TTL_FIRST : dns.ttl, proxied, dynamicSync, internal };
}

const fittingTtl = (ttl: number, kind: ProviderKind): number =>
  ttl === kind.ttlAuto || (ttl >= kind.ttlMinSec && ttl <= kind.ttlMaxSec) ? ttl : Math.max(TTL_FIRST, kind.ttlMinSec);

/** Does the wish send clients elsewhere, or hand the name to another key? Then somebody confirms it. */
export const moves = (dns: PoolDns, wish: NameWish): boolean =>
  fullName(wish.label, wish.zone) !== dns.fqdn ||
  wish.credentialId !== dns.credentialId ||
  wish.proxied !== dns.proxied;
