export type Reach = "none" | "read" | "write";

/** Everything that the user may do. */
export const ANY = "*";

const NAMES: Readonly<Record<string, string>> = {
  account: "Account",
  audit: "Audit trail",
  dns: "DNS and API providers",
  events: "Live events",
  failover: "Failover",
  jobs: "Jobs",
  members: "Members",
  notifications: "Channels and alerts",
  pools: "Pools",
  profile: "Own profile",
  users: "Team",
};

export const areaName = (area: string): string => NAMES[area] ?? area;

export interface Area {
  area: string;
  read: boolean;
  write: boolean;
}

/** "pools:read", "pools:write", … as one line for each area, in the order of their names. */
export function areasOf(scopes: readonly string[]): Area[] {
  const found = new Map<string, Area>();
  for (const scope of scopes) {
    const [area, verb] = scope.split(":");
    if (!area || (verb !== "read" && verb !== "write")) continue;
    const line = found.get(area) ?? { area, read: false, write: false };
    found.set(area, { ...line, [verb]: true });
  }
  return [...found.values()].sort((a, b) => areaName(a.area).localeCompare(areaName(b.area), "en"));
}

/** What is sent. Write reaches read by itself, so each area names one scope. */
export const scopesOf = (chosen: Readonly<Record<string, Reach>>): string[] =>
  Object.entries(chosen)
    .filter(([, reach]) => reach !== "none")
    .map(([area, reach]) => `${area}:${reach}`)
    .sort();
