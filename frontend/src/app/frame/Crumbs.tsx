import { IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useRouterState } from "@tanstack/react-router";
import { Fragment } from "react";
import { overviewQuery } from "../../api/pool";
import c from "./Crumbs.module.css";

interface Crumb {
  text: string;
  to?: string;
}

const PLACES: Record<string, string> = {
  fleet: "Fleet",
  pools: "Pools",
  members: "Members",
  jobs: "Jobs",
  alerts: "Alerts",
  dns: "DNS",
  audit: "Audit",
  docs: "Docs",
  settings: "Settings",
  "api-providers": "API providers",
  channels: "Channels",
  tokens: "API tokens",
  account: "Account",
  team: "Team",
  plan: "Plan",
  "managed-dns": "Managed DNS",
  monitoring: "Monitoring",
  events: "Failovers",
};

/** Where this page is. The last crumb is the page itself. */
export function Crumbs() {
  const params = useParams({ strict: false });
  const path = useRouterState({ select: (state) => state.location.pathname });
  const overview = useQuery({ ...overviewQuery(params.pool ?? ""), enabled: false }).data;
  const crumbs = crumbsOf(path, params, {
    pool: overview?.pool.name,
    member: overview?.members.find((one) => one.id === params.member)?.displayName,
  });
  return (
    <nav className={c["crumbs"]} aria-label="Breadcrumbs">
      {crumbs.map((crumb, place) => (
        <Fragment key={crumb.text + String(place)}>
          {place > 0 && (
            <IconChevronRight size={14} aria-hidden className={place < crumbs.length - 1 ? c["far"] : c["near"]} />
          )}
          {place === crumbs.length - 1 ? (
            <strong className={c["here"]} aria-current="page">
              {crumb.text}
            </strong>
          ) : (
            <Link to={crumb.to ?? "/fleet"} className={place < crumbs.length - 2 ? c["far"] : c["near"]}>
              {crumb.text}
            </Link>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

/** Exported for its test. */
export function crumbsOf(
  path: string,
  params: { pool?: string; member?: string; job?: string },
  names: { pool?: string | undefined; member?: string | undefined },
): Crumb[] {
  const parts = path.split("/").filter(Boolean);
  const [first = "fleet", second, third] = parts;
  const crumbs: Crumb[] = [{ text: PLACES[first] ?? first, to: `/${first}` }];
  if (first === "pools" && params.pool) {
    crumbs.push({ text: names.pool ?? "Pool", to: `/pools/${params.pool}` });
    if (params.member)
      crumbs.push({ text: names.member ?? "Member", to: `/pools/${params.pool}/members/${params.member}` });
    else if (third) crumbs.push({ text: PLACES[third] ?? third, to: `/pools/${params.pool}/${third}` });
    if (third === "events" && parts[3]) crumbs.push({ text: "One failover" });
  } else if (first === "jobs" && params.job) crumbs.push({ text: "Job" });
  else if (first === "settings" && second) crumbs.push({ text: PLACES[second] ?? second });
  else if (first === "docs" && second) crumbs.push({ text: second.replaceAll("-", " ") });
  return crumbs;
}
