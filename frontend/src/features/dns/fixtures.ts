import type { PoolDns } from "../../api/pool";
import type { ProviderKey, ProviderKind } from "./keysOfProviders";

// Objects of this room as the server answers them, for its tests.

export const CLOUDFLARE: ProviderKind = {
  kind: "cloudflare",
  title: "Cloudflare",
  fields: [
    { name: "apiToken", label: "API token", help: "", secret: true, required: true, type: "string", default: null },
    { name: "accountId", label: "Account id", help: "", secret: false, required: false, type: "string", default: "" },
  ],
  canProxy: true,
  ttlMinSec: 60,
  ttlMaxSec: 86_400,
  ttlAuto: 1,
};

export const POWERDNS: ProviderKind = {
  kind: "powerdns",
  title: "PowerDNS",
  fields: [
    { name: "apiUrl", label: "API address", help: "", secret: false, required: true, type: "string", default: null },
    { name: "apiKey", label: "API key", help: "", secret: true, required: true, type: "string", default: null },
    { name: "dnsPort", label: "DNS port", help: "", secret: false, required: false, type: "integer", default: 53 },
  ],
  canProxy: false,
  ttlMinSec: 1,
  ttlMaxSec: 86_400,
  ttlAuto: null,
};

export const providerKey = (part: Partial<ProviderKey> = {}): ProviderKey => ({
  id: "k1",
  kind: "cloudflare",
  name: "Main account",
  scope: "dns",
  isGlobal: false,
  config: { accountId: "" },
  secrets: [{ name: "apiToken", lastFour: "9f3c" }],
  usedBy: [],
  createdAt: "2026-11-01T10:00:00Z",
  rotatedAt: null,
  testedAt: null,
  testReport: null,
  ...part,
});

export const poolDns = (part: Partial<PoolDns> = {}): PoolDns => ({
  poolId: "p1",
  credentialId: "k1",
  credentialName: "Main account",
  kind: "cloudflare",
  zone: "example.com",
  label: "lb",
  fqdn: "lb.example.com",
  ttl: 60,
  ttlBoundSec: 60,
  proxied: false,
  dynamicSync: false,
  internal: false,
  adopted: false,
  state: "in_sync",
  detail: "",
  currentTarget: ["203.0.113.10"],
  wanted: { A: ["203.0.113.10"] },
  observed: { A: ["203.0.113.10"] },
  observedAt: "2026-11-25T18:00:00Z",
  verified: true,
  preflight: null,
  ...part,
});
