import { screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { Command } from "../../../api/commands";
import { readFacts } from "../../../api/facts";
import { show } from "../../../testing/render";
import { answers } from "../../../testing/server";
import { MEMBER, member } from "../testing";
import { actionsFor, QuickActions } from "./QuickActions";

const command = (id: string, given: Partial<Command> = {}): Command => ({
  id,
  title: id,
  description: `What ${id} does.`,
  params: {},
  applies: id.startsWith("haproxy.") && id !== "haproxy.provision" ? { stack: "haproxy" } : {},
  danger: "change",
  timeoutSec: 60,
  idempotent: true,
  stopsHaproxy: false,
  runsOn: "agent",
  ...given,
});
const COMMANDS = [
  command("haproxy.stop", { title: "Stop HAProxy", danger: "dangerous", stopsHaproxy: true }),
  command("haproxy.start"),
  command("haproxy.reload", { title: "Reload HAProxy" }),
  command("haproxy.provision", { title: "Install HAProxy", stopsHaproxy: true }),
  command("haproxy.server_drain", { params: { server: { type: "string", required: true } } }),
  command("agent.rotate_secret"),
  command("agent.update", { title: "Update the agent" }),
];
const running = readFacts({ haproxy: { active: true, adminSocket: true } });
const idsOf = (actions: ReturnType<typeof actionsFor>) => actions.map((action) => action.command.id);

it("offers what fits the present state, grave ones last", () => {
  expect(idsOf(actionsFor(COMMANDS, member(), running))).toEqual([
    "haproxy.reload",
    "haproxy.provision",
    "agent.update",
    "haproxy.stop",
  ]);
  const stopped = readFacts({ haproxy: { active: false } });
  expect(idsOf(actionsFor(COMMANDS, member(), stopped))).toContain("haproxy.start");
});

it("installs again by force where HAProxy is, and plainly where it is not", () => {
  const again = actionsFor(COMMANDS, member(), running).find((one) => one.command.id === "haproxy.provision");
  expect(again).toMatchObject({ label: "Re-install HAProxy", params: { force: true } });
  const first = actionsFor(COMMANDS, member(), readFacts({})).find((one) => one.command.id === "haproxy.provision");
  expect(first).toMatchObject({ label: "Install HAProxy", params: {} });
});

it("orders a harmless command once, with a key that makes it safe to send twice", async () => {
  answers("get", "/api/commands", { items: COMMANDS });
  const ordered = answers("post", `/api/members/${MEMBER}/jobs`, { id: "job" }, 201);
  const { user } = show(<QuickActions member={member()} facts={running} open={undefined} onOpen={() => undefined} />);
  await user.dblClick(await screen.findByRole("button", { name: "Reload HAProxy" }));
  await waitFor(() => expect(ordered.length).toBeGreaterThan(0));
  expect(ordered).toHaveLength(1);
  expect(ordered[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
  expect(await ordered[0]?.json()).toEqual({ command: "haproxy.reload", params: {} });
});

it("asks for the hostname before it stops HAProxy, and Enter in the field does not order", async () => {
  answers("get", "/api/commands", { items: COMMANDS });
  const ordered = answers("post", `/api/members/${MEMBER}/jobs`, { id: "job" }, 201);
  const closed = vi.fn();
  const active = member({ active: true });
  const { user } = show(<QuickActions member={active} facts={running} open="haproxy.stop" onOpen={closed} />);
  expect(await screen.findByText(/This is the active member/)).toBeInTheDocument();
  const confirm = screen.getByRole("button", { name: "Stop HAProxy on edge-fra-1" });
  expect(confirm).toBeDisabled();
  await user.type(screen.getByRole("textbox"), "edge-fra-1.example.net{Enter}");
  expect(ordered).toHaveLength(0);
  await user.click(confirm);
  await waitFor(() => expect(closed).toHaveBeenCalledWith(undefined));
  expect(await ordered[0]?.json()).toEqual({
    command: "haproxy.stop",
    params: {},
    confirm: "edge-fra-1.example.net",
  });
});

it("says why nothing can be ordered where no agent was heard", async () => {
  answers("get", "/api/commands", { items: COMMANDS });
  const ordered = answers("post", `/api/members/${MEMBER}/jobs`, {}, 201);
  const { user } = show(
    <QuickActions member={member({ heartbeat: null })} facts={null} open={undefined} onOpen={() => undefined} />,
  );
  const button = await screen.findByRole("button", { name: "Update the agent" });
  expect(button).toHaveAttribute("aria-disabled", "true");
  expect(button).toHaveAccessibleDescription(/No agent has been heard/);
  await user.click(button);
  expect(ordered).toHaveLength(0);
});
