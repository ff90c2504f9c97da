import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { meQuery } from "../../api/session";
import { aCommand, aJob } from "../../testing/jobs";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { JobsPage } from "./JobsPage";

const POOL = aJob().poolId;
const running = aJob({ id: "r1", status: "running", percent: 30, step: "Copying", endedAt: null });
const lost = aJob({ id: "u1", status: "unknown", command: "haproxy.restart", endedAt: null });
const done = aJob({ id: "d1" });
const free = { stopped: false, reason: "", stoppedBy: "", since: null };

beforeEach(() => {
  answers("get", "/api/commands", {
    items: [aCommand(), aCommand({ id: "haproxy.restart", title: "Restart HAProxy" })],
  });
  answers("get", "/api/pools", { items: [{ id: POOL, name: "production-edge" }], nextCursor: null });
  answers("get", "/api/members", { items: [], nextCursor: null });
  answers("get", `/api/members/${aJob().memberId}`, { id: aJob().memberId, displayName: "edge-ams-1" });
  answers("get", "/api/jobs/stop", free);
});

const listed = (request: Request) => {
  const status = new URL(request.url).searchParams.get("status");
  const all = [running, lost, done];
  return { items: status ? all.filter((job) => job.status === status) : all, nextCursor: null };
};

test("what waits for a person and what runs come first, and nothing is shown twice", async () => {
  answers("get", "/api/jobs", listed);
  show(<JobsPage />, { path: "/jobs" });
  const waiting = await screen.findByRole("region", { name: /Waiting for your decision \(1\)/ });
  expect(within(waiting).getByRole("link", { name: "Restart HAProxy" })).toBeInTheDocument();
  const now = await screen.findByRole("region", { name: /Running now \(1\)/ });
  expect(within(now).getByText("Copying")).toBeInTheDocument();
  const table = await screen.findByRole("table", { name: "Jobs" });
  await waitFor(() => expect(within(table).getAllByRole("row")).toHaveLength(2));
  expect(within(table).getByText("Completed")).toBeInTheDocument();
});

test("filters of the address are asked of the server", async () => {
  const came = answers("get", "/api/jobs", listed);
  show(<JobsPage />, { path: "/jobs", at: `/jobs?status=failed&pool=${POOL}` });
  expect(await screen.findByText("No job fits these filters.")).toBeInTheDocument();
  const asked = new URL(came[0]?.url ?? "").searchParams;
  expect(asked.get("status")).toBe("failed");
  expect(asked.get("poolId")).toBe(POOL);
});

test("a chosen state is kept in the address", async () => {
  answers("get", "/api/jobs", listed);
  const { user, router } = show(<JobsPage />, { path: "/jobs" });
  await user.click(await screen.findByRole("combobox", { name: "State" }));
  await user.click(await screen.findByRole("option", { name: "Timed out" }));
  await waitFor(() => expect(router.state.location.search).toMatchObject({ status: "timed_out" }));
});

test("older jobs follow on request", async () => {
  const came = answers("get", "/api/jobs", (request) => {
    const asked = new URL(request.url).searchParams;
    if (asked.get("status")) return { items: [], nextCursor: null };
    return asked.get("cursor") === "c2"
      ? { items: [aJob({ id: "old", command: "haproxy.restart" })], nextCursor: null }
      : { items: [done], nextCursor: "c2" };
  });
  const { user } = show(<JobsPage />, { path: "/jobs" });
  await user.click(await screen.findByRole("button", { name: "Show older jobs" }));
  expect(await screen.findByRole("link", { name: "Restart HAProxy" })).toBeInTheDocument();
  expect(came.some((request) => request.url.includes("cursor=c2"))).toBe(true);
});

test("the stop switch asks for a reason, and says it to everybody", async () => {
  answers("get", "/api/jobs", listed);
  const put = answers("put", "/api/jobs/stop", {
    stopped: true,
    reason: "<b>bad release</b>",
    stoppedBy: "ada@example.com",
    since: "2026-11-25T18:00:00+00:00",
  });
  const { user, client } = show(<JobsPage />, { path: "/jobs" });
  client.setQueryData(meQuery.queryKey, { role: "owner" } as never);
  await user.click(await screen.findByRole("button", { name: "Stop all jobs" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByRole("textbox", { name: "Reason" }), "bad release");
  // Only the answer of the server is believed, also after the list is asked again.
  answers("get", "/api/jobs/stop", {
    stopped: true,
    reason: "<b>bad release</b>",
    stoppedBy: "ada@example.com",
    since: null,
  });
  await user.click(within(dialog).getByRole("button", { name: "Stop all jobs" }));
  expect(await screen.findByText("Jobs are stopped: <b>bad release</b>")).toBeInTheDocument();
  expect(await put[0]?.json()).toEqual({ stopped: true, reason: "bad release" });
});

test("a viewer is told why the brake is not theirs", async () => {
  answers("get", "/api/jobs", listed);
  const { client } = show(<JobsPage />, { path: "/jobs" });
  client.setQueryData(meQuery.queryKey, { role: "viewer" } as never);
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Stop all jobs" })).toHaveAccessibleDescription(
      /needs the role operator/,
    ),
  );
});

test("a list that cannot be read says so and can be asked again", async () => {
  refuses("get", "/api/jobs", { status: 503, code: "database_away", detail: "The database does not answer." });
  show(<JobsPage />, { path: "/jobs" });
  expect(await screen.findByText(/The database does not answer/)).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
});
