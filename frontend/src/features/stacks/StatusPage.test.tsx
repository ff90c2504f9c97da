import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../../testing/render";
import { answers } from "../../testing/server";
import { StatusPage } from "./StatusPage";

const POOL = "11111111-1111-4111-8111-111111111111";
const MEMBER = "22222222-2222-4222-8222-222222222222";

function open(haproxy: Record<string, unknown> | null, state = "fresh") {
  const heartbeat = {
    state,
    ageSec: 1,
    intervalSec: 1,
    agentVersion: 100,
    ip: null,
    source: null,
    stacks: [],
    haproxyMonitored: true,
    haproxyActive: true,
    cloneSuspected: false,
  };
  answers("get", `/api/pools/${POOL}/overview`, {
    pool: { id: POOL, name: "p", template: "haproxy" },
    members: [
      { id: MEMBER, poolId: POOL, displayName: "edge-1", hostname: "edge-1", template: "haproxy_edge", heartbeat },
    ],
  });
  answers("get", `/api/members/${MEMBER}/facts`, {
    ageSec: 1,
    facts: {
      agentVersion: 100,
      host: { osName: "<b>Debian</b>", disks: [{ mount: "/", totalBytes: 100, usedBytes: 97 }] },
      ...(haproxy ? { haproxy } : {}),
    },
  });
  const ordered = answers("post", `/api/members/${MEMBER}/jobs`, { id: "job" }, 201);
  const shown = show(<StatusPage />, {
    path: "/pools/$pool/members/$member/status",
    at: `/pools/${POOL}/members/${MEMBER}/status`,
  });
  return { ...shown, ordered };
}
const servers = (states: Record<string, string>) => ({
  backends: [
    {
      name: "be_app",
      servers: Object.entries(states).map(([name, state]) => ({ name, address: "10.0.0.1:80", state })),
    },
  ],
});

it("drains a server after saying who goes on serving", async () => {
  const { user, ordered } = open({
    active: true,
    adminSocket: true,
    topology: servers({ "app-1": "UP", "app-2": "UP" }),
  });
  await user.click(await screen.findByRole("button", { name: "Drain app-1" }));
  expect(await screen.findByText("1 other server of be_app would go on serving.")).toBeInTheDocument();
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Drain app-1" }));
  await waitFor(() => expect(ordered).toHaveLength(1));
  expect(await ordered[0]?.json()).toEqual({
    command: "haproxy.server_drain",
    params: { backend: "be_app", server: "app-1" },
  });
});

it("warns when the last server is drained, and cancelling orders nothing", async () => {
  const { user, ordered } = open({
    active: true,
    adminSocket: true,
    topology: servers({ "app-1": "UP", "app-2": "DOWN" }),
  });
  await user.click(await screen.findByRole("button", { name: "Drain app-1" }));
  expect(await screen.findByText(/No other server of be_app is up/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(ordered).toHaveLength(0);
});

it("puts a server back at once", async () => {
  const { user, ordered } = open({ active: true, adminSocket: true, topology: servers({ "app-1": "MAINT" }) });
  await user.click(await screen.findByRole("button", { name: "Put back app-1" }));
  await waitFor(() => expect(ordered).toHaveLength(1));
  expect(await ordered[0]?.json()).toMatchObject({ command: "haproxy.server_ready" });
});

it("hides the orders without an admin socket, says why, and enables it", async () => {
  const { user, ordered } = open({ active: true, adminSocket: false, topology: servers({ "app-1": "unknown" }) });
  expect(await screen.findByText(/HAProxy has no admin socket/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Drain/ })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Enable the admin socket" }));
  await waitFor(() => expect(ordered).toHaveLength(1));
  expect(await ordered[0]?.json()).toMatchObject({ command: "haproxy.admin_socket_enable" });
});

it("calls nothing up or stopped when the host is not heard", async () => {
  open({ active: true, adminSocket: true, topology: servers({ "app-1": "UP" }) }, "down");
  expect(await screen.findByText(/may not be true any more/)).toBeInTheDocument();
  expect(screen.getByText("Up when last heard")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Drain/ })).not.toBeInTheDocument();
});

it("shows the host alone where HAProxy was not found, and its words as text", async () => {
  open(null);
  expect(await screen.findByText("<b>Debian</b>")).toBeInTheDocument();
  expect(screen.getByText(/HAProxy was not found on this host/)).toBeInTheDocument();
  expect(within(screen.getByRole("table", { name: "Disks" })).getByText(/97%/)).toBeInTheDocument();
});
