import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { PoolDns } from "../../api/pool";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { CLOUDFLARE, POWERDNS, poolDns, providerKey } from "./fixtures";
import { ManagedDnsPage } from "./ManagedDnsPage";

const PATH = "/pools/$pool/managed-dns";
const AT = "/pools/p1/managed-dns";

beforeEach(() => {
  answers("get", "/api/provider-kinds", { items: [CLOUDFLARE, POWERDNS] });
  answers("get", "/api/provider-credentials", {
    items: [providerKey({ isGlobal: true }), providerKey({ id: "k2", kind: "powerdns", name: "Lab", isGlobal: false })],
    nextCursor: null,
  });
  answers("get", "/api/provider-credentials/:id/zones", {
    items: [
      { name: "example.com", status: "active" },
      { name: "example.org", status: "active" },
    ],
  });
  answers("get", "/api/pools/p1/failover", { recoverySec: 30, decision: { members: [] } });
  answers("get", "/api/pools/p1/overview", { pool: { id: "p1", template: "haproxy" }, members: [] });
  answers("get", "/api/pools/p1/dns/writes", { items: [] });
});

function connected(part: Partial<PoolDns> = {}, query = "") {
  answers("get", "/api/dns", { items: [poolDns(part)], nextCursor: null });
  return show(<ManagedDnsPage />, { path: PATH, at: `${AT}${query}` });
}

function unconnected() {
  answers("get", "/api/dns", { items: [], nextCursor: null });
  return show(<ManagedDnsPage />, { path: PATH, at: AT });
}

test("a pool without DNS is connected in one form that shows the full name and the worst case", async () => {
  const { user } = unconnected();
  const came = answers("put", "/api/pools/p1/dns", poolDns());
  await user.click(await screen.findByRole("combobox", { name: /Zone/ }));
  await user.click(await screen.findByRole("option", { name: "example.com" }));
  await user.type(screen.getByLabelText(/Label/), "lb");
  expect(screen.getByRole("status", { name: "Full name" })).toHaveTextContent("lb.example.com");
  expect(await screen.findByText(/The last client arrives after about 90 s/)).toBeVisible();
  answers("get", "/api/dns", { items: [poolDns()], nextCursor: null });
  await user.click(screen.getByRole("button", { name: "Connect DNS" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({
    credentialId: "k1",
    zone: "example.com",
    label: "lb",
    ttl: 60,
    proxied: false,
    dynamicSync: false,
    internal: false,
  });
  expect(await screen.findByRole("region", { name: "DNS health" })).toBeVisible();
});

test("an empty form says what is needed and sends nothing", async () => {
  const { user } = unconnected();
  const came = answers("put", "/api/pools/p1/dns", poolDns());
  await user.click(await screen.findByRole("button", { name: "Connect DNS" }));
  expect(await screen.findByText("Choose the zone that holds the name.")).toBeVisible();
  expect(screen.getByText("Type a label, or @ for the zone itself.")).toBeVisible();
  expect(came).toHaveLength(0);
});

test("a name that another pool has is refused at the label", async () => {
  const { user } = unconnected();
  refuses("put", "/api/pools/p1/dns", {
    status: 409,
    code: "dns_name_in_use",
    detail: "lb.example.com belongs to the pool 'edge'. Choose another label.",
    errors: { label: ["Already used."] },
  });
  await user.click(await screen.findByRole("combobox", { name: /Zone/ }));
  await user.click(await screen.findByRole("option", { name: "example.com" }));
  await user.type(screen.getByLabelText(/Label/), "lb");
  await user.click(screen.getByRole("button", { name: "Connect DNS" }));
  expect(await screen.findByText("Already used.")).toBeVisible();
  await waitFor(() => expect(screen.getByLabelText(/Label/)).toHaveFocus());
});

test("proxied needs a provider that can, and takes the TTL out of the operator's hands", async () => {
  const { user } = connected();
  const proxied = await screen.findByRole("radio", { name: "Proxied" });
  await user.click(proxied);
  expect(screen.getByRole("combobox", { name: "TTL" })).toBeDisabled();
  expect(screen.getByText(/resolvers keep no old address/)).toBeVisible();
  await user.click(screen.getByRole("combobox", { name: /API key/ }));
  await user.click(await screen.findByRole("option", { name: /Lab/ }));
  expect(screen.getByRole("radio", { name: "Proxied" })).toBeDisabled();
  expect(screen.getByText("PowerDNS cannot proxy; Cloudflare can.")).toBeVisible();
  expect(screen.getByRole("radio", { name: "DNS only" })).toBeChecked();
});

test("another name asks first and says what becomes of the old record", async () => {
  const { user } = connected();
  const came = answers("put", "/api/pools/p1/dns", poolDns({ label: "www", fqdn: "www.example.com" }));
  const label = await screen.findByLabelText(/Label/);
  await user.clear(label);
  await user.type(label, "www");
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  const dialog = await screen.findByRole("dialog", { name: "Move the pool to another name?" });
  expect(within(dialog).getByText(/The record at lb.example.com stays as it is/)).toBeVisible();
  expect(came).toHaveLength(0);
  await user.click(within(dialog).getByRole("button", { name: "Use www.example.com" }));
  await waitFor(() => expect(came).toHaveLength(1));
});

test("another TTL is saved without a question", async () => {
  const { user } = connected();
  const came = answers("put", "/api/pools/p1/dns", poolDns({ ttl: 300, ttlBoundSec: 300 }));
  await user.click(await screen.findByRole("combobox", { name: "TTL" }));
  await user.click(await screen.findByRole("option", { name: "5 min" }));
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toMatchObject({ ttl: 300, label: "lb" });
});

test("zones that cannot be listed may be typed", async () => {
  refuses("get", "/api/provider-credentials/k1/zones", {
    status: 503,
    code: "dns_provider_unavailable",
    detail: "Cloudflare does not answer.",
  });
  const { user } = unconnected();
  const zone = await screen.findByRole("textbox", { name: /Zone/ });
  expect(screen.getByText(/Cloudflare does not answer. Type the zone/)).toBeVisible();
  await user.type(zone, "example.net");
  await user.type(screen.getByLabelText(/Label/), "@");
  expect(screen.getByRole("status", { name: "Full name" })).toHaveTextContent("example.net");
});

test("a conflict shows what is surplus, and adopting tells before and after", async () => {
  const { user } = connected({
    state: "conflict",
    detail: "A 198.51.100.9 stands at the name and is not ours.",
    observed: { A: ["203.0.113.10", "198.51.100.9"] },
  });
  const records = await screen.findByRole("region", { name: "Records at the name" });
  expect(within(within(records).getByRole("row", { name: /198.51.100.9/ })).getByText("Surplus")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Adopt the name" }));
  const dialog = await screen.findByRole("dialog", { name: "Adopt lb.example.com?" });
  expect(within(dialog).getByText(/removes A 198.51.100.9/)).toBeVisible();
  await waitFor(() => expect(within(dialog).getByRole("button", { name: "Cancel" })).toHaveFocus());
  const came = answers("post", "/api/pools/p1/dns/adopt", poolDns({ state: "drift", adopted: true }));
  await user.click(within(dialog).getByRole("button", { name: "Adopt the name" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await screen.findByText("Drift")).toBeVisible();
});

test("a name that is in sync offers no adopting", async () => {
  connected();
  expect(await screen.findByRole("button", { name: "Refresh" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Adopt the name" })).not.toBeInTheDocument();
});

test("the test shows each step with its reason and its fix", async () => {
  const { user } = connected();
  answers("post", "/api/pools/p1/dns/test", {
    at: "2026-11-25T18:00:00Z",
    colour: "red",
    steps: [
      { name: "credential", ok: true, warn: true, why: "The token ends in 5 days.", fix: "Rotate this key." },
      { name: "zone", ok: false, warn: false, why: "The key does not see example.com.", fix: "Give the key access." },
    ],
  });
  await user.click(await screen.findByRole("button", { name: "Test" }));
  const steps = await screen.findAllByRole("listitem");
  const text = steps.map((step) => step.textContent);
  expect(text).toContain("The key worksWarningThe token ends in 5 days.Rotate this key.");
  expect(text).toContain("The key sees the zoneFailedThe key does not see example.com.Give the key access.");
  expect(screen.getByText("Not ready")).toBeVisible();
});

test("disconnecting wants the name typed", async () => {
  const { user } = connected({}, "?do=disconnect");
  const came = answers("delete", "/api/pools/p1/dns", null, 204);
  const dialog = await screen.findByRole("dialog", { name: "Disconnect DNS from this pool?" });
  const button = within(dialog).getByRole("button", { name: "Disconnect DNS" });
  expect(button).toBeDisabled();
  await user.type(within(dialog).getByLabelText(/to confirm/), "lb.example.com");
  answers("get", "/api/dns", { items: [], nextCursor: null });
  await user.click(button);
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await screen.findByText(/No DNS is connected/)).toBeVisible();
});

test("a write that nobody could confirm says so", async () => {
  answers("get", "/api/pools/p1/dns/writes", {
    items: [
      {
        id: "w1",
        at: "2026-11-25T18:00:00Z",
        fqdn: "lb.example.com",
        kind: "update",
        type: "A",
        old: "203.0.113.10",
        new: "198.51.100.24",
        certain: false,
        restored: false,
      },
    ],
  });
  connected();
  const table = await screen.findByRole("table", { name: "Records that we wrote" });
  const row = within(table).getByRole("row", { name: /203.0.113.10 → 198.51.100.24/ });
  expect(within(row).getByText("Not confirmed")).toBeVisible();
});

test("hostile text from a provider is text", async () => {
  connected({ detail: "<img src=x onerror=1>", observed: { CNAME: ["<b>x</b>.example.com"] }, state: "error" });
  expect(await screen.findByText(/<img src=x onerror=1>/)).toBeVisible();
  expect(document.querySelector("img")).toBeNull();
});
