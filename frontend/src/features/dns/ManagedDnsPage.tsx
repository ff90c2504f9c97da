import { Button } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { type PoolDns, useFailover, useOverview, usePoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { Section } from "../../ui/Section";
import { WhyButton } from "../../ui/WhyButton";
import { AdoptDialog } from "./AdoptDialog";
import { DisconnectDialog } from "./DisconnectDialog";
import { KeyDialog } from "./KeyDialog";
import { kindTitle, useProviderKeys, useProviderKinds } from "./keysOfProviders";
import { NameForm } from "./NameForm";
import { NameHealth } from "./NameHealth";
import c from "./name.module.css";
import { RecordsTable } from "./RecordsTable";
import { managedDnsSearch } from "./search";
import { TestSteps } from "./TestSteps";
import { WritesList } from "./WritesList";

/** The name of a pool: where it is kept, how it stands, and what a failover would do with it. */
export function ManagedDnsPage() {
  const { pool: poolId = "" } = useParams({ strict: false });
  const dns = usePoolDns(poolId);
  return (
    <Section query={dns}>
      {(link) => (link === null ? <Unconnected poolId={poolId} /> : <Connected poolId={poolId} dns={link} />)}
    </Section>
  );
}

function Unconnected({ poolId }: { poolId: string }) {
  const haproxy = useOverview(poolId).data?.pool.template !== "generic";
  return (
    <div className={c["first"]}>
      <p className={c["lead"]}>
        No DNS is connected: give the pool a name, and a failover moves that name to the next member.
        {haproxy ? "" : " For this pool, failover DNS is set here and nowhere else."}
      </p>
      <Card title="Name of the pool">
        <NameSettings poolId={poolId} dns={null} />
      </Card>
    </div>
  );
}

function Connected({ poolId, dns }: { poolId: string; dns: PoolDns }) {
  const kinds = useProviderKinds().data;
  const recoverySec = useFailover(poolId).data?.recoverySec;
  const { dialog, go } = useDialog();
  const lack = useLack("admin");
  const close = () => go(undefined);
  return (
    <>
      <NameHealth
        dns={dns}
        kindName={kindTitle(kinds, dns.kind)}
        recoverySec={recoverySec}
        onAdopt={() => go("adopt")}
      />
      <div className={c["grid"]}>
        <div className={c["col"]}>
          <RecordsTable dns={dns} />
          <TestSteps preflight={dns.preflight} />
          <WritesList poolId={poolId} />
        </div>
        <div className={c["col"]}>
          <Card
            title="Name of the pool"
            right={
              <Button size="compact-sm" variant="subtle" component={Link} to="/settings/api-providers">
                API providers
              </Button>
            }
          >
            <NameSettings poolId={poolId} dns={dns} />
          </Card>
          <Card title="Disconnect">
            <p className={c["plain"]}>
              The record stays as it is and nobody moves it any more. Connect it again at any time.
            </p>
            <WhyButton why={lack} variant="outline" color="red" size="xs" mt="sm" onClick={() => go("disconnect")}>
              Disconnect DNS
            </WhyButton>
          </Card>
        </div>
      </div>
      <AdoptDialog opened={dialog === "adopt"} onClose={close} dns={dns} />
      <DisconnectDialog opened={dialog === "disconnect"} onClose={close} dns={dns} />
    </>
  );
}

/** The form, with what it needs to know of keys, providers and the recovery time. */
function NameSettings({ poolId, dns }: { poolId: string; dns: PoolDns | null }) {
  const saved = useProviderKeys();
  const kinds = useProviderKinds();
  const recoverySec = useFailover(poolId).data?.recoverySec;
  const { dialog, go } = useDialog();
  const lack = useLack("admin");
  const [made, setMade] = useState<string | null>(null);
  return (
    <Section query={saved}>
      {(all) => (
        <Section query={kinds}>
          {(known) => (
            <>
              <NameForm
                key={poolId}
                poolId={poolId}
                dns={dns}
                savedKeys={all}
                kinds={known}
                recoverySec={recoverySec}
                newKeyId={made}
                onNewKey={() => go("key")}
              />
              <KeyDialog
                opened={dialog === "key" && lack === null}
                onClose={() => go(undefined)}
                kinds={known}
                dnsOnly
                onSaved={(key) => setMade(key.id)}
              />
            </>
          )}
        </Section>
      )}
    </Section>
  );
}

/** Which dialog is open stands in the address, so that Back closes it. */
function useDialog() {
  const { do: dialog } = managedDnsSearch(useSearch({ strict: false }));
  const navigate = useNavigate({ from: "/pools/$pool/managed-dns" });
  const go = (next: typeof dialog) =>
    void navigate({ search: next === undefined ? {} : { do: next }, resetScroll: false });
  return { dialog, go };
}
