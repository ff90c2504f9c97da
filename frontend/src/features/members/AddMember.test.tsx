import { screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { AddMember } from "./AddMember";
import { MEMBER, member, POOL } from "./testing";

const SECRET = "0123456789abcdef".repeat(3);
const COMMAND = "sh -euc 'curl … --key the-secret'";
const standing = {
  status: "waiting",
  ageSec: null,
  code: null,
  detail: null,
  refusedAgeSec: null,
  seenAddress: null,
  saidHostname: null,
  typedHostname: null,
  fix: null,
};
const refused = {
  ...standing,
  status: "refused",
  code: "hostname_mismatch",
  detail: "The agent says another name.",
  refusedAgeSec: 1,
  saidHostname: "edge-fra",
  typedHostname: "edge-fra-1.example.net",
  fix: { field: "hostname", value: "edge-fra" },
};

async function enrol(current: () => unknown) {
  const posted = answers("post", `/api/pools/${POOL}/members`, {
    member: member({ heartbeat: null, firstSeenAt: null }),
    enrollment: { secret: SECRET, installCommand: COMMAND },
  });
  answers("get", `/api/members/${MEMBER}/enrollment`, () => current() as never);
  const onClose = vi.fn();
  const shown = show(<AddMember poolId={POOL} template="haproxy" opened onClose={onClose} />);
  const { user } = shown;
  await user.type(await screen.findByLabelText(/Hostname/), "edge-fra-1.example.net");
  await user.type(screen.getByRole("combobox", { name: /Allowed source addresses/ }), "203.0.113.10, 2001:db8::7");
  await user.click(screen.getByRole("button", { name: "Add member" }));
  await screen.findByText(COMMAND);
  return { ...shown, posted, onClose };
}

it("sends what was typed, with the template that fits the pool, and shows command and secret", async () => {
  const { posted } = await enrol(() => standing);
  expect(await posted[0]?.json()).toEqual({
    hostname: "edge-fra-1.example.net",
    allowedIps: ["203.0.113.10", "2001:db8::7"],
    template: "haproxy_edge",
    linuxFamily: "debian",
  });
  expect(screen.getByText(SECRET)).toBeInTheDocument();
  expect(await screen.findByText("Waiting for the first heartbeat")).toBeInTheDocument();
});

it("asks for hostname and address before anything is sent", async () => {
  const posted = answers("post", `/api/pools/${POOL}/members`, {});
  const { user } = show(<AddMember poolId={POOL} template="generic" opened onClose={() => undefined} />);
  await user.click(await screen.findByRole("button", { name: "Add member" }));
  expect(screen.getByText(/Give the host's name/)).toBeInTheDocument();
  expect(screen.getByText(/Give at least one address/)).toBeInTheDocument();
  expect(posted).toHaveLength(0);
});

it("puts the server's sentence at its field and keeps what was typed", async () => {
  refuses("post", `/api/pools/${POOL}/members`, {
    status: 409,
    code: "hostname_taken",
    detail: "edge is enrolled already.",
    errors: { hostname: ["Another member has this host name."] },
  });
  const { user } = show(<AddMember poolId={POOL} template="haproxy" opened onClose={() => undefined} />);
  await user.type(await screen.findByLabelText(/Hostname/), "edge");
  await user.type(screen.getByRole("combobox", { name: /Allowed source addresses/ }), "203.0.113.10,");
  await user.click(screen.getByRole("button", { name: "Add member" }));
  expect(await screen.findByText("Another member has this host name.")).toBeInTheDocument();
  expect(screen.getByLabelText(/Hostname/)).toHaveValue("edge");
});

it("mends a refusal with exactly the offered fix, and turns green", async () => {
  let now: unknown = refused;
  const { user } = await enrol(() => now);
  expect(await screen.findByText("The agent says edge-fra, you typed edge-fra-1.example.net.")).toBeInTheDocument();
  const fixed = answers("post", `/api/members/${MEMBER}/enrollment/fix`, () => {
    now = { ...standing, status: "connected", ageSec: 0.3 };
    return standing;
  });
  await user.click(screen.getByRole("button", { name: "Change the hostname to edge-fra" }));
  expect(await screen.findByText("Connected", {}, { timeout: 4000 })).toBeInTheDocument();
  expect(await fixed[0]?.json()).toEqual(refused.fix);
  expect(screen.getByRole("link", { name: "Open member" })).toBeInTheDocument();
});

it("shows the new fix when the host says something else by now", async () => {
  let now: unknown = refused;
  const { user } = await enrol(() => now);
  refuses("post", `/api/members/${MEMBER}/enrollment/fix`, { status: 409, code: "fix_changed", detail: "Changed." });
  const button = await screen.findByRole("button", { name: "Change the hostname to edge-fra" });
  now = { ...refused, saidHostname: "other", fix: { field: "hostname", value: "other" } };
  await user.click(button);
  expect(await screen.findByText(/nothing was changed/)).toBeInTheDocument();
  expect(await screen.findByRole("button", { name: "Change the hostname to other" })).toBeInTheDocument();
});

it("asks before it closes on a secret that nobody stored, and forgets it", async () => {
  const { user, onClose, client } = await enrol(() => standing);
  await user.keyboard("{Escape}");
  const ask = await screen.findByRole("alertdialog");
  expect(onClose).not.toHaveBeenCalled();
  await user.click(within(ask).getByRole("button", { name: "Close without storing" }));
  expect(onClose).toHaveBeenCalledOnce();
  await waitFor(() => expect(screen.queryByText(SECRET)).not.toBeInTheDocument());
  const kept = JSON.stringify([
    client
      .getQueryCache()
      .getAll()
      .map((query) => query.state.data),
    client
      .getMutationCache()
      .getAll()
      .map((mutation) => mutation.state.data),
    { ...localStorage },
    { ...sessionStorage },
    window.location.href,
  ]);
  expect(kept).not.toContain(SECRET);
});

it("closes at once when the secret is stored", async () => {
  const { user, onClose } = await enrol(() => standing);
  await user.click(screen.getByRole("checkbox", { name: /I have stored it/ }));
  await user.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});
