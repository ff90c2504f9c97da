/**
 * The first words of every query key. Rooms extend them: `[...keys.pool(id), "dns"]`. News of the event stream refresh
 * by these beginnings, so whatever a page keeps below them is refreshed with it.
 */
export const keys = {
  me: ["me"] as const,
  pools: ["pools"] as const,
  pool: (id: string) => ["pools", id] as const,
  members: ["members"] as const,
  member: (id: string) => ["members", id] as const,
  jobs: ["jobs"] as const,
  job: (id: string) => ["jobs", id] as const,
  workflows: ["workflows"] as const,
  backups: ["backups"] as const,
  attention: ["attention"] as const,
  failoverEvents: ["failover-events"] as const,
  dns: ["dns"] as const,
  credentials: ["credentials"] as const,
  channels: ["channels"] as const,
  deliveries: ["deliveries"] as const,
  account: ["account"] as const,
  audit: ["audit"] as const,
};
