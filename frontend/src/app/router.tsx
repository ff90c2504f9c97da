import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { asProblem } from "../api/problem";
import { meQuery } from "../api/session";
import { alertsSearch } from "../features/alerts/search";
import { auditSearch } from "../features/audit/search";
import { channelsSearch, monitoringSearch } from "../features/channels/search";
import { apiProvidersSearch, managedDnsSearch, namesSearch } from "../features/dns/search";
import { haproxySearch } from "../features/haproxy/search";
import { jobsSearch } from "../features/jobs/search";
import { membersSearch, panelSearch } from "../features/members/search";
import { poolSearch, poolsSearch } from "../features/pools/search";
import { recipesSearch } from "../features/recipes/search";
import { signInSearch } from "../features/signin/search";
import { PageFailed } from "./PageFailed";
import { PageMissing } from "./PageMissing";
import { PageWaiting } from "./PageWaiting";

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: PageMissing,
});

// Before sign-in
const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import("../features/signin/LoginPage"), "LoginPage"),
});
const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyRouteComponent(() => import("../features/signin/RegisterPage"), "RegisterPage"),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import("../features/signin/ResetPage"), "ResetPage"),
});

// Behind it: the frame with the sidebar
const frame = createRoute({
  getParentRoute: () => root,
  id: "in",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(meQuery);
    } catch (error) {
      if (asProblem(error).status !== 401) throw error;
      throw redirect({ to: "/login", search: location.pathname === "/" ? {} : { next: location.href } });
    }
  },
  component: lazyRouteComponent(() => import("./frame/Frame"), "Frame"),
});
const home = createRoute({
  getParentRoute: () => frame,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/fleet", replace: true });
  },
});
const fleet = createRoute({
  getParentRoute: () => frame,
  path: "/fleet",
  component: lazyRouteComponent(() => import("../features/fleet/FleetPage"), "FleetPage"),
});
const pools = createRoute({
  getParentRoute: () => frame,
  path: "/pools",
  validateSearch: poolsSearch,
  component: lazyRouteComponent(() => import("../features/pools/PoolsPage"), "PoolsPage"),
});
const sites = createRoute({
  getParentRoute: () => frame,
  path: "/sites",
  beforeLoad: () => {
    throw redirect({ to: "/pools", replace: true });
  },
});
const members = createRoute({
  getParentRoute: () => frame,
  path: "/members",
  validateSearch: membersSearch,
  component: lazyRouteComponent(() => import("../features/members/AllMembersPage"), "AllMembersPage"),
});
const jobs = createRoute({
  getParentRoute: () => frame,
  path: "/jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("../features/jobs/JobsPage"), "JobsPage"),
});
const job = createRoute({
  getParentRoute: () => frame,
  path: "/jobs/$job",
  component: lazyRouteComponent(() => import("../features/jobs/JobPage"), "JobPage"),
});
const alerts = createRoute({
  getParentRoute: () => frame,
  path: "/alerts",
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import("../features/alerts/AlertsPage"), "AlertsPage"),
});
const dns = createRoute({
  getParentRoute: () => frame,
  path: "/dns",
  validateSearch: namesSearch,
  component: lazyRouteComponent(() => import("../features/dns/DnsPage"), "DnsPage"),
});
const audit = createRoute({
  getParentRoute: () => frame,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("../features/audit/AuditPage"), "AuditPage"),
});
const docs = createRoute({ getParentRoute: () => frame, path: "/docs" });
const docsComponent = lazyRouteComponent(() => import("../features/docs/DocsPage"), "DocsPage");
const docsHome = createRoute({ getParentRoute: () => docs, path: "/", component: docsComponent });
const docsPage = createRoute({ getParentRoute: () => docs, path: "$", component: docsComponent });

// One pool
const pool = createRoute({
  getParentRoute: () => frame,
  path: "/pools/$pool",
  component: lazyRouteComponent(() => import("./frame/PoolFrame"), "PoolFrame"),
});
const poolOverview = createRoute({
  getParentRoute: () => pool,
  path: "/",
  validateSearch: poolSearch,
  component: lazyRouteComponent(() => import("../features/pools/OverviewPage"), "OverviewPage"),
});
const poolMembers = createRoute({
  getParentRoute: () => pool,
  path: "/members",
  validateSearch: membersSearch,
  component: lazyRouteComponent(() => import("../features/members/PoolMembersPage"), "PoolMembersPage"),
});
const poolDns = createRoute({
  getParentRoute: () => pool,
  path: "/managed-dns",
  validateSearch: managedDnsSearch,
  component: lazyRouteComponent(() => import("../features/dns/ManagedDnsPage"), "ManagedDnsPage"),
});
const poolCertificates = createRoute({
  getParentRoute: () => pool,
  path: "/certificates",
  component: lazyRouteComponent(() => import("../features/certificates/CertificatesPage"), "CertificatesPage"),
});
const poolMonitoring = createRoute({
  getParentRoute: () => pool,
  path: "/monitoring",
  validateSearch: monitoringSearch,
  component: lazyRouteComponent(() => import("../features/channels/MonitoringPage"), "MonitoringPage"),
});
const poolSettings = createRoute({
  getParentRoute: () => pool,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/failover/SettingsPage"), "SettingsPage"),
});
const poolEvents = createRoute({
  getParentRoute: () => pool,
  path: "/events",
  component: lazyRouteComponent(() => import("../features/failover/EventsPage"), "EventsPage"),
});
const poolEvent = createRoute({
  getParentRoute: () => pool,
  path: "/events/$event",
  component: lazyRouteComponent(() => import("../features/failover/EventPage"), "EventPage"),
});

// One member of a pool
const member = createRoute({
  getParentRoute: () => pool,
  path: "/members/$member",
  component: lazyRouteComponent(() => import("./frame/MemberFrame"), "MemberFrame"),
});
const memberHome = createRoute({
  getParentRoute: () => member,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/pools/$pool/members/$member/control-panel", params, replace: true });
  },
});
const memberPanel = createRoute({
  getParentRoute: () => member,
  path: "/control-panel",
  validateSearch: panelSearch,
  component: lazyRouteComponent(() => import("../features/members/ControlPanelPage"), "ControlPanelPage"),
});
const memberStatus = createRoute({
  getParentRoute: () => member,
  path: "/status",
  component: lazyRouteComponent(() => import("../features/stacks/StatusPage"), "StatusPage"),
});
const memberHaproxy = createRoute({
  getParentRoute: () => member,
  path: "/haproxy",
  validateSearch: haproxySearch,
  component: lazyRouteComponent(() => import("../features/haproxy/HaproxyPage"), "HaproxyPage"),
});
const memberRecipes = createRoute({
  getParentRoute: () => member,
  path: "/recipes",
  validateSearch: recipesSearch,
  component: lazyRouteComponent(() => import("../features/recipes/RecipesPage"), "RecipesPage"),
});
const memberJobs = createRoute({
  getParentRoute: () => member,
  path: "/cron-jobs",
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import("./CronJobsPage"), "CronJobsPage"),
});
const memberBackups = createRoute({
  getParentRoute: () => member,
  path: "/backups",
  component: lazyRouteComponent(() => import("../features/backups/MemberBackupsPage"), "MemberBackupsPage"),
});
const memberSettings = createRoute({
  getParentRoute: () => member,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/members/MemberSettingsPage"), "MemberSettingsPage"),
});

// Settings of the account and of the person
const settings = createRoute({
  getParentRoute: () => frame,
  path: "/settings",
  component: lazyRouteComponent(() => import("./frame/SettingsFrame"), "SettingsFrame"),
});
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/account", replace: true });
  },
});
const apiProviders = createRoute({
  getParentRoute: () => settings,
  path: "/api-providers",
  validateSearch: apiProvidersSearch,
  component: lazyRouteComponent(() => import("../features/dns/ApiProvidersPage"), "ApiProvidersPage"),
});
const channels = createRoute({
  getParentRoute: () => settings,
  path: "/channels",
  validateSearch: channelsSearch,
  component: lazyRouteComponent(() => import("../features/channels/ChannelsPage"), "ChannelsPage"),
});
const tokens = createRoute({
  getParentRoute: () => settings,
  path: "/tokens",
  component: lazyRouteComponent(() => import("../features/account/TokensPage"), "TokensPage"),
});
const account = createRoute({
  getParentRoute: () => settings,
  path: "/account",
  component: lazyRouteComponent(() => import("../features/account/AccountPage"), "AccountPage"),
});
const team = createRoute({
  getParentRoute: () => settings,
  path: "/team",
  component: lazyRouteComponent(() => import("../features/account/TeamPage"), "TeamPage"),
});
const plan = createRoute({
  getParentRoute: () => settings,
  path: "/plan",
  component: lazyRouteComponent(() => import("../features/account/PlanPage"), "PlanPage"),
});

const tree = root.addChildren([
  login,
  register,
  reset,
  frame.addChildren([
    home,
    fleet,
    pools,
    sites,
    members,
    jobs,
    job,
    alerts,
    dns,
    audit,
    docs.addChildren([docsHome, docsPage]),
    pool.addChildren([
      poolOverview,
      poolMembers,
      poolDns,
      poolCertificates,
      poolMonitoring,
      poolSettings,
      poolEvents,
      poolEvent,
      member.addChildren([
        memberHome,
        memberPanel,
        memberStatus,
        memberHaproxy,
        memberRecipes,
        memberJobs,
        memberBackups,
        memberSettings,
      ]),
    ]),
    settings.addChildren([settingsHome, apiProviders, channels, tokens, account, team, plan]),
  ]),
]);

export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/app",
    context: { client },
    scrollRestoration: true,
    defaultPreload: "intent",
    defaultErrorComponent: PageFailed,
    defaultPendingComponent: PageWaiting,
    defaultPendingMs: 300,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
