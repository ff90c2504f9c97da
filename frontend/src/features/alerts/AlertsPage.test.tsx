import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { AlertsPage } from "./AlertsPage";

const item = (severity: "critical" | "warning", text: string) => ({
  severity,
  kind: severity === "critical" ? "member_down" : "agent_outdated",
  text,
  fix: "Look at the host.",
  link: "/pools/p1/members/m1/control-panel",
  poolId: "p1",
  poolName: "production-edge",
  memberId: "m1",
  memberName: "edge-1",
  since: "2026-11-25T18:00:00Z",
});
const open = (search = "") => show(<AlertsPage />, { path: "/alerts", at: `/alerts${search}` });

test("alerts are grouped, with the fix, the place and the way there", async () => {
  answers("get", "/api/attention", {
    items: [item("critical", "edge-1 is down."), item("warning", "Old.")],
    more: false,
  });
  open();
  const critical = await screen.findByRole("region", { name: "Critical" });
  expect(within(critical).getByText("Look at the host.")).toBeVisible();
  expect(within(critical).getByText("production-edge")).toBeVisible();
  expect(within(critical).getByRole("link", { name: "edge-1 is down." })).toHaveAttribute(
    "href",
    "/pools/p1/members/m1/control-panel",
  );
  expect(within(screen.getByRole("region", { name: "Warnings" })).getByText("Old.")).toBeVisible();
});

test("the filter lives in the address", async () => {
  answers("get", "/api/attention", {
    items: [item("critical", "edge-1 is down."), item("warning", "Old.")],
    more: true,
  });
  const { user, router } = open();
  await user.click(await screen.findByRole("radio", { name: "Warnings 1" }));
  await waitFor(() => expect(screen.queryByText("edge-1 is down.")).toBeNull());
  expect(router.state.location.search).toEqual({ severity: "warning" });
  expect(screen.getByText(/There is more than fits here/)).toBeVisible();
});

test("a filter that nothing fits says so and can be taken back", async () => {
  answers("get", "/api/attention", { items: [item("warning", "Old.")], more: false });
  const { user } = open("?severity=critical");
  expect(await screen.findByText("Nothing critical stands.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Show all alerts" }));
  expect(await screen.findByText("Old.")).toBeVisible();
});

test("when nothing stands, all is well", async () => {
  answers("get", "/api/attention", { items: [], more: false });
  open();
  expect(await screen.findByText(/All is well/)).toBeVisible();
});

test("when the list cannot be read, nothing is called well", async () => {
  refuses("get", "/api/attention", { status: 503, code: "liveness_unknown", detail: "The heartbeat store is away." });
  open();
  expect(await screen.findByText("The heartbeat store is away.")).toBeVisible();
  expect(screen.queryByText(/All is well/)).toBeNull();
});

test("text from hosts is text", async () => {
  const evil = `<img src=x onerror=1>${"a".repeat(253)}`;
  answers("get", "/api/attention", { items: [item("critical", evil)], more: false });
  const { container } = open();
  expect(await screen.findByRole("link", { name: evil })).toBeVisible();
  expect(container.querySelector("img")).toBeNull();
});
