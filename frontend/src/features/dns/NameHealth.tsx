import { IconPlugConnected, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { PoolDns } from "../../api/pool";
import { useLack } from "../../api/session";
import { exact } from "../../lib/duration";
import { announce } from "../../ui/announce";
import { CopyButton } from "../../ui/CopyButton";
import { ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { Ago } from "../../ui/time/Moment";
import { WhyButton } from "../../ui/WhyButton";
import { NamePill } from "./NamePill";
import c from "./name.module.css";
import { stateWord } from "./nameWords";

interface Props {
  dns: PoolDns;
  kindName: string;
  recoverySec: number | undefined;
  onAdopt: () => void;
}

/** The pool's name at a glance: where it points, since when we know, and whether everybody agrees. */
export function NameHealth({ dns, kindName, recoverySec, onAdopt }: Props) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const mayAdopt = useLack("admin");
  const where = { params: { path: { poolId: dns.poolId } } };
  const cached = [...keys.pool(dns.poolId), "dns"];
  const refresh = useMutation({
    mutationFn: () => take(api.POST("/api/pools/{poolId}/dns/refresh", where)),
    onSuccess: (now) => {
      client.setQueryData(cached, now);
      announce(`${now.fqdn}: ${stateWord(now.state).word}`);
    },
  });
  const test = useMutation({
    mutationFn: () => take(api.POST("/api/pools/{poolId}/dns/test", where)),
    onSuccess: (preflight) => {
      client.setQueryData(cached, (old: PoolDns | null | undefined) => (old ? { ...old, preflight } : old));
      announce(preflight.colour === "green" ? "The test passed." : "The test found something.");
    },
  });
  const state = stateWord(dns.state);
  return (
    <section aria-label="DNS health">
      <div className={c["strip"]}>
        <div className={c["cell"]}>
          <span>{kindName}</span>
          <p className={c["fqdn"]}>
            <strong className="mono wrap">{dns.fqdn}</strong>
            <CopyButton value={dns.fqdn} label="Copy the name" bare />
          </p>
          <small className="wrap">Key {dns.credentialName}</small>
        </div>
        <div className={c["cell"]}>
          <span>State</span>
          <p>
            <NamePill state={dns.state} />
          </p>
          <small>
            {dns.observedAt ? (
              <>
                Seen <Ago at={dns.observedAt} />
              </>
            ) : (
              "Not seen yet"
            )}
          </small>
        </div>
        <div className={c["cell"]}>
          <span>Points to</span>
          <p className="mono wrap">{dns.currentTarget[0] ?? "No address"}</p>
          <small className="wrap">
            {dns.currentTarget.length > 1 ? `and ${dns.currentTarget.slice(1).join(", ")}` : ""}
          </small>
        </div>
        <Servers verified={dns.verified} proxied={dns.proxied} />
        <div className={c["cell"]}>
          <span>Served</span>
          <p>{dns.proxied ? "Proxied" : "DNS only"}</p>
          <small>{dns.proxied ? "Automatic TTL" : `TTL ${exact(dns.ttlBoundSec)}`}</small>
        </div>
        <div className={c["cell"]}>
          <span>Clients follow within</span>
          <p className="num">{recoverySec === undefined ? "…" : exact(recoverySec + dns.ttlBoundSec)}</p>
          <small>{dns.dynamicSync ? "Dynamic sync on" : "Recovery time and TTL"}</small>
        </div>
      </div>
      <div className={c["say"]} data-tone={state.tone}>
        <ToneIcon tone={state.tone} size={18} />
        <p className={`${c["sayText"]} wrap`}>
          <strong className={c["saying"]}>{state.meaning}</strong> {dns.detail}
        </p>
        <div className={c["acts"]}>
          {dns.state === "conflict" && (
            <WhyButton why={mayAdopt} size="xs" onClick={onAdopt}>
              Adopt the name
            </WhyButton>
          )}
          <WhyButton
            why={lack}
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={15} aria-hidden />}
            loading={refresh.isPending}
            onClick={() => refresh.mutate()}
          >
            Refresh
          </WhyButton>
          <WhyButton
            why={lack}
            size="xs"
            variant="default"
            leftSection={<IconPlugConnected size={15} aria-hidden />}
            loading={test.isPending}
            onClick={() => test.mutate()}
          >
            Test
          </WhyButton>
        </div>
      </div>
      {(refresh.error ?? test.error) && (
        <div className={c["left"]}>
          <ProblemNote problem={refresh.error ?? test.error} />
        </div>
      )}
    </section>
  );
}

function Servers({ verified, proxied }: { verified: boolean | null; proxied: boolean }) {
  const [tone, word, note] =
    verified === true
      ? (["ok", "Agree", "Zone's own servers"] as const)
      : verified === false
        ? (["late", "Answer otherwise", "Zone's own servers"] as const)
        : (["idle", "Not compared", proxied ? "The proxy answers" : "Not asked yet"] as const);
  return (
    <div className={c["cell"]}>
      <span>Name servers</span>
      <p className={c["iconed"]}>
        <ToneIcon tone={tone} size={16} />
        {word}
      </p>
      <small>{note}</small>
    </div>
  );
}
