import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { meQuery } from "../../api/session";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { CertificatesPage } from "./CertificatesPage";
import type { Certificate } from "./certificateQueries";

const POOL = "p-1";
const LIST = `/api/pools/${POOL}/certificates`;

const aCertificate = (given: Partial<Certificate> = {}): Certificate => ({
  id: "c-1",
  poolId: POOL,
  hostname: "lb.example.com",
  names: ["lb.example.com", "<img src=x onerror=1>"],
  memberId: null,
  file: "/etc/haproxy/certs/lb.example.com.pem",
  state: "failing",
  notBefore: null,
  notAfter: "2027-01-26T03:00:00+00:00",
  fingerprint: "ab",
  serial: null,
  issuer: null,
  chain: null,
  issuedAt: null,
  nextRenewalAt: null,
  heldUntil: null,
  failures: 2,
  lastError: { code: "dns_refused", detail: "The DNS key was refused: replace it.", at: null },
  jobId: null,
  poolNameMatches: true,
  createdAt: "2026-11-26T03:00:00+00:00",
  installs: [
    {
      memberId: "m-1",
      memberName: "edge-1",
      state: "installed",
      current: false,
      inUse: false,
      detail: "",
      jobId: null,
      changedAt: "2026-11-26T03:00:00+00:00",
      nextTryAt: null,
    },
  ],
  ...given,
});

function open(items: Certificate[], role = "owner") {
  answers("get", LIST, { items, nextCursor: null } as never);
  const shown = show(<CertificatesPage />, { path: "/pools/$pool/certificates", at: `/pools/${POOL}/certificates` });
  shown.client.setQueryData(meQuery.queryKey, { role } as never);
  return shown;
}

test("a failing certificate says what to do, and what each member has", async () => {
  open([aCertificate()]);
  expect(await screen.findByText("Renewal fails")).toBeInTheDocument();
  expect(screen.getByText(/The DNS key was refused: replace it/)).toBeInTheDocument();
  expect(screen.getByText("An older one is there")).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

test("renew and install again are ordered; the ssl crt line leads to its draft", async () => {
  const renewed = answers("post", "/api/certificates/c-1/renew", { id: "j-1" }, 202);
  const installed = answers("post", "/api/certificates/c-1/install", aCertificate() as never, 202);
  answers("post", "/api/certificates/c-1/configure", { versionId: "v-9", number: 9, memberId: "m-1" }, 201);
  const { user, router } = open([aCertificate()]);
  await user.click(await screen.findByRole("button", { name: "Renew now" }));
  await waitFor(() => expect(renewed).toHaveLength(1));
  await user.click(screen.getByRole("button", { name: "Install again" }));
  await waitFor(() => expect(installed).toHaveLength(1));
  expect(await installed[0]?.json()).toEqual({ memberId: null });
  await user.click(screen.getByRole("button", { name: "Add the ssl crt line" }));
  await waitFor(() => expect(router.state.location.href).toBe(`/pools/${POOL}/members/m-1/haproxy?version=v-9`));
});

test("without certificates it says what is needed, and a refusal keeps the server's words", async () => {
  const came = refuses("post", LIST, {
    status: 409,
    code: "pool_has_no_name",
    detail: "The pool has no name in DNS yet: connect it under Managed DNS.",
  });
  const { user } = open([]);
  expect(await screen.findByText(/needs a DNS key for the zone/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Issue certificate" }));
  expect(await screen.findByText(/The pool has no name in DNS yet/)).toBeInTheDocument();
  expect(await came[0]?.json()).toEqual({ names: null });
});

test("a viewer is told why the buttons are off", async () => {
  open([aCertificate()], "viewer");
  expect(await screen.findByRole("button", { name: "Renew now" })).toHaveAttribute("aria-disabled", "true");
  expect(screen.getByRole("button", { name: "Issue certificate" })).toHaveAttribute("aria-disabled", "true");
});
