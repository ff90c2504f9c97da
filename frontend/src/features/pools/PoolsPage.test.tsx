import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { AMS, event, FRA, POOL } from "./fixtures";
import { PoolsPage } from "./PoolsPage";

const pool = (id: string, name: string, down = 0) => ({
  id,
  name,
  template: "haproxy",
  activeMemberId: AMS,
  activeSince: null,
  epoch: 1,
  createdAt: "2026-11-01T00:00:00Z",
  health: { members: 3, fresh: 3 - down, late: 0, down, unknown: 0 },
});
const open = (search = "") => show(<PoolsPage />, { path: "/pools", at: `/pools${search}` });

beforeEach(() => {
  answers("get", "/api/pools", { items: [pool(POOL, "production-edge", 1), pool("p2", "web")], nextCursor: null });
  answers("get", "/api/failover/events", { items: [{ ...event(), poolName: "production-edge" }], nextCursor: null });
  answers("get", "/api/attention", { items: [], more: false });
  answers("get", "/api/members/:id", { id: FRA, displayName: "edge-fra-1" });
});

test("each pool says how its members stand, who is active and when it last moved", async () => {
  open();
  const card = await screen.findByRole("article", { name: "production-edge" });
  expect(within(card).getByText("1 down")).toBeVisible();
  expect(within(card).getByText("2 healthy, 1 down")).toBeVisible();
  expect(await within(card).findByText("edge-ams-1")).toBeVisible();
  expect(within(card).getByRole("link")).toHaveAttribute("href", `/pools/${POOL}`);
  const quiet = screen.getByRole("article", { name: "web" });
  expect(await within(quiet).findByText("edge-fra-1")).toBeVisible();
  expect(within(quiet).getByText("None lately")).toBeVisible();
});

test("a hold is shown on its pool", async () => {
  const hold = {
    severity: "warning",
    kind: "hold",
    text: "Automation holds: 4 of 5 fell silent together.",
    fix: "Look, then acknowledge.",
    link: `/pools/${POOL}`,
    poolId: POOL,
    poolName: "production-edge",
    memberId: null,
    memberName: null,
    since: null,
  };
  answers("get", "/api/attention", { items: [hold], more: false });
  open();
  const card = await screen.findByRole("article", { name: "production-edge" });
  expect(await within(card).findByText("Automation holds: 4 of 5 fell silent together.")).toBeVisible();
});

test("the filter lives in the address", async () => {
  const { user, router } = open();
  await user.type(await screen.findByRole("textbox", { name: "Filter by name" }), "we");
  await waitFor(() => expect(screen.queryByRole("article", { name: "production-edge" })).toBeNull());
  expect(router.state.location.search).toEqual({ q: "we" });
});

test("a filter that nothing fits can be taken back", async () => {
  const { user } = open("?q=nothing");
  await user.click(await screen.findByRole("button", { name: "Show all pools" }));
  expect(await screen.findByRole("article", { name: "web" })).toBeVisible();
});

test("the first visit is one sentence and one button", async () => {
  answers("get", "/api/pools", { items: [], nextCursor: null });
  open();
  expect(await screen.findByText(/Add the first one/)).toBeVisible();
});

test("a new pool gets its name and template and one lands in it", async () => {
  const asked = answers("post", "/api/pools", pool("p3", "db"), 201);
  const { user, router } = open("?new=true");
  const box = await screen.findByRole("dialog");
  await user.type(within(box).getByRole("textbox", { name: "Name" }), "  db ");
  await user.click(within(box).getByRole("radio", { name: "Generic Linux servers" }));
  await user.click(within(box).getByRole("button", { name: "Add pool" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/pools/p3"));
  expect(await asked[0]?.json()).toEqual({ name: "db", template: "generic" });
});

test("a name is asked for before anything is sent, and one that is too long is refused", async () => {
  const { user } = open("?new=true");
  const box = await screen.findByRole("dialog");
  await user.click(within(box).getByRole("button", { name: "Add pool" }));
  expect(await within(box).findByText(/Give the pool a name/)).toBeVisible();
  const name = within(box).getByRole("textbox", { name: "Name" });
  await waitFor(() => expect(name).toHaveFocus());
  await user.click(name);
  await user.paste("x".repeat(253));
  await user.click(within(box).getByRole("button", { name: "Add pool" }));
  expect(await within(box).findByText("A name has at most 80 characters.")).toBeVisible();
});

test("a name that is taken is said at the field", async () => {
  refuses("post", "/api/pools", {
    status: 409,
    code: "name_taken",
    detail: "There is a pool web already: choose another name.",
    errors: { name: ["There is a pool web already."] },
  });
  const { user } = open("?new=true");
  const box = await screen.findByRole("dialog");
  const name = within(box).getByRole("textbox", { name: "Name" });
  await user.type(name, "web");
  await user.click(within(box).getByRole("button", { name: "Add pool" }));
  expect(await within(box).findByText("There is a pool web already.")).toBeVisible();
  expect(name).toHaveValue("web");
});

test("a pool with a hostile name is text", async () => {
  const evil = "<img src=x onerror=1>";
  answers("get", "/api/pools", { items: [pool("p9", evil)], nextCursor: null });
  const { container } = open();
  expect(await screen.findByRole("article", { name: evil })).toBeVisible();
  expect(container.querySelector("img")).toBeNull();
});
