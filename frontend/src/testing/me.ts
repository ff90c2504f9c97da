import type { Me } from "../api/session";

/** Ada, owner of a self-hosted installation's account, as GET /api/auth/me tells it. */
export const meOf = (given: Partial<Me> = {}): Me => ({
  user: {
    id: "0d7e4f5a-2f64-4b0e-9d0c-1f1f0b8a1c01",
    email: "ada@example.com",
    role: "owner",
    totpEnabled: false,
    invited: false,
    createdAt: "2026-11-01T08:00:00Z",
  },
  account: {
    id: "0d7e4f5a-2f64-4b0e-9d0c-1f1f0b8a1c02",
    name: "Example Hosting",
    plan: "community",
    trialUntil: null,
    alertEmail: "ada@example.com",
    teamInboxes: [],
    createdAt: "2026-11-01T08:00:00Z",
  },
  role: "owner",
  scopes: null,
  gates: {
    failoverDelayMinSec: 10,
    crossMemberRestore: true,
    premiumDns: true,
    replicateNow: true,
    cpanelManage: true,
    cpanelAccountsShownMax: null,
    cpanelLiveMigrate: true,
    stackRestore: true,
    advancedMariadbRecipes: true,
    advancedRecipes: true,
    failoverBannerMaxSec: null,
  },
  locks: [],
  edition: "selfhosted",
  brand: "ServersCTL",
  csrfToken: "csrf-1",
  steppedUpUntil: null,
  preferences: { timeZone: "utc", theme: "auto", savedFilters: [] },
  ...given,
});
