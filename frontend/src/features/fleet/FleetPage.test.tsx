import { screen, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { FleetPage } from "./FleetPage";

const pool = {
  id: "p1",
  name: "production-edge",
  template: "haproxy",
  activeMemberId: null,
  activeSince: null,
  epoch: 1,
  createdAt: "2026-11-01T00:00:00Z",
  health: { members: 4, fresh: 2, late: 1, down: 1, unknown: 0 },
};
const alert = (n: number) => ({
  severity: "critical",
  kind: "member_down",
  text: `edge-${n} is not heard any more.`,
  fix: "Look at the host.",
  link: "/pools/p1",
  poolId: "p1",
  poolName: "production-edge",
  memberId: `m${n}`,
  memberName: `edge-${n}`,
  since: null,
});

beforeEach(() => {
  answers("get", "/api/pools", { items: [pool], nextCursor: null });
  answers("get", "/api/attention", { items: Array.from({ length: 11 }, (_, n) => alert(n)), more: false });
  answers("get", "/api/members", {
    items: [
      {
        id: "m1",
        poolId: "p1",
        displayName: "edge-1",
        location: { name: "Frankfurt", latitude: 50.1, longitude: 8.7 },
        heartbeat: null,
      },
    ],
    nextCursor: null,
  });
  answers("get", "/api/jobs", { items: [], nextCursor: null });
  answers("get", "/api/failover/events", { items: [], nextCursor: null });
});

test("one line says whether somebody is needed, and the states are counted", async () => {
  show(<FleetPage />);
  expect(await screen.findByText("production-edge needs somebody now")).toBeVisible();
  const states = screen.getByRole("region", { name: "Members by state" });
  expect(within(states).getByRole("link", { name: "Down" })).toHaveAttribute("href", "/members?state=down");
  expect(
    within(states)
      .getAllByRole("listitem")
      .map((item) => item.textContent),
  ).toEqual(["2Healthy", "1Late", "1Down", "0Unknown"]);
});

test("the first eight alerts are shown and the rest is counted", async () => {
  show(<FleetPage />);
  const list = await screen.findByRole("list", { name: "Needs attention" });
  expect(within(list).getAllByRole("listitem")).toHaveLength(8);
  expect(screen.getByRole("link", { name: "3 more in Alerts" })).toBeVisible();
});

test("the map has a twin in words", async () => {
  const { user } = show(<FleetPage />);
  await user.click(await screen.findByText("1 member at 1 place"));
  expect(screen.getByRole("link", { name: "edge-1" })).toBeVisible();
  expect(screen.getByText(/\(unknown\)/)).toBeVisible();
});

test("what cannot be read says so and leaves the rest standing", async () => {
  refuses("get", "/api/failover/events", { status: 500, code: "internal", detail: "Something failed." });
  show(<FleetPage />);
  expect(await screen.findByText("Something failed.")).toBeVisible();
  expect(await screen.findByText("production-edge needs somebody now")).toBeVisible();
});

test("a new account is led to its first pool", async () => {
  answers("get", "/api/pools", { items: [], nextCursor: null });
  answers("get", "/api/attention", { items: [], more: false });
  show(<FleetPage />);
  expect(await screen.findByText("Nothing is watched yet")).toBeVisible();
  expect(screen.getByRole("link", { name: "Add pool" })).toHaveAttribute("href", "/pools?new=true");
});
