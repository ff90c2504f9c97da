import type { Haproxy, Version, WholeVersion } from "./haproxyQueries";

export const POOL = "0192f0aa-0000-7000-8000-0000000000aa";
export const MEMBER = "0192f0aa-0000-7000-8000-0000000000bb";
export const OTHER = "0192f0aa-0000-7000-8000-0000000000cc";

/** A version as the server lists it. */
export const aVersion = (given: Partial<Version> = {}): Version => ({
  id: "0192f0aa-0000-7000-8000-000000000104",
  memberId: MEMBER,
  number: 4,
  baseId: "0192f0aa-0000-7000-8000-000000000103",
  origin: "edited",
  state: "draft",
  reason: "Add the new application servers",
  author: { kind: "user", id: null, name: "<img src=x onerror=1>" },
  fingerprint: null,
  files: [{ path: "/etc/haproxy/haproxy.cfg", lines: 2, sizeBytes: 30 }],
  check: null,
  checkJobId: null,
  error: null,
  workflowId: null,
  current: false,
  createdAt: "2026-11-26T03:00:00+00:00",
  appliedAt: null,
  ...given,
});

export const aWholeVersion = (given: Partial<WholeVersion> = {}): WholeVersion => ({
  ...aVersion(given),
  texts: [
    { path: "/etc/haproxy/haproxy.cfg", text: "global\n    maxconn 4000\n" },
    { path: "/etc/haproxy/conf.d/10-app.cfg", text: "frontend web\n    bind :80\n" },
  ],
  ...given,
});

export const aHaproxy = (given: Partial<Haproxy> = {}): Haproxy => ({
  seen: true,
  active: true,
  version: "2.8.5",
  configPath: "/etc/haproxy/haproxy.cfg",
  adminSocket: true,
  current: aVersion({ id: "0192f0aa-0000-7000-8000-000000000103", number: 3, state: "applied", current: true }),
  head: aVersion(),
  drift: { state: "same", liveFingerprint: "a", storedFingerprint: "a", lookedAt: null },
  lookJobId: null,
  ...given,
});
