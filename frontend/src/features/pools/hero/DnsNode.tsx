import { IconBrandCloudflare, IconWorld } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { PoolDns } from "../../../api/pool";
import { exact } from "../../../lib/duration";
import { Pill } from "../../../ui/Pill";
import type { Tone } from "../../../ui/tones";
import c from "./Flow.module.css";

const PROVIDERS: Readonly<Record<string, string>> = {
  cloudflare: "Cloudflare",
  powerdns: "PowerDNS",
  rfc2136: "DNS update",
  whm: "cPanel & WHM",
};
const STATES: Record<PoolDns["state"], readonly [Tone, string]> = {
  in_sync: ["ok", "In sync"],
  drift: ["late", "Drift"],
  conflict: ["down", "Conflict"],
  error: ["down", "Failing"],
  unknown: ["idle", "Unknown"],
};

interface Props {
  poolId: string;
  /** Null: none is connected. Undefined: not read yet. */
  dns: PoolDns | null | undefined;
  switching: boolean;
}

/** The record between the clients and the pool. */
export function DnsNode({ poolId, dns, switching }: Props) {
  if (!dns) {
    return (
      <div className={c["node"]} data-node="dns" data-missing={dns === null}>
        <div className={c["top"]}>
          <span className={c["provider"]}>
            <IconWorld size={18} aria-hidden />
            DNS
          </span>
          {dns === null && <Pill tone="idle">Not connected</Pill>}
        </div>
        <p className={c["small"]}>{dns === null ? "No record follows this pool yet." : "Reading the record."}</p>
        {dns === null && (
          <Link to="/pools/$pool/managed-dns" params={{ pool: poolId }} className={c["link"]}>
            Connect DNS
          </Link>
        )}
      </div>
    );
  }
  const Icon = dns.kind === "cloudflare" ? IconBrandCloudflare : IconWorld;
  const [tone, word] = switching ? (["info", "Moving"] as const) : STATES[dns.state];
  const records = Object.entries(dns.observed ?? {}).flatMap(([type, texts]) =>
    texts.map((text) => [type, text] as const),
  );
  return (
    <div className={c["node"]} data-node="dns">
      <div className={c["top"]}>
        <span className={c["provider"]}>
          <Icon size={18} aria-hidden data-kind={dns.kind} />
          {PROVIDERS[dns.kind] ?? dns.kind}
        </span>
        <Pill tone={tone}>{word}</Pill>
      </div>
      <Link to="/pools/$pool/managed-dns" params={{ pool: poolId }} className={c["fqdn"]} title={dns.fqdn}>
        {dns.fqdn}
      </Link>
      {records.length === 0 && <div className={c["small"]}>No address stands there yet.</div>}
      {records.slice(0, RECORDS_MAX).map(([type, text]) => (
        <div key={`${type} ${text}`} className={c["record"]}>
          <span>{type}</span>
          <span className="wrap">{text}</span>
        </div>
      ))}
      {records.length > RECORDS_MAX && <div className={c["small"]}>and {records.length - RECORDS_MAX} more</div>}
      <div className={c["ttl"]}>
        {dns.proxied ? "Proxied" : "DNS only"}, TTL {dns.ttl === 1 ? "automatic" : exact(dns.ttl)}
      </div>
    </div>
  );
}

const RECORDS_MAX = 4;
