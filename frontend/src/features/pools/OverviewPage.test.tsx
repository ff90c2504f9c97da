import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { beats } from "../../api/beats";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { AMS, candidate, dns, event, FRA, failover, gate, LON, member, overview, POOL, trio } from "./fixtures";
import { OverviewPage } from "./OverviewPage";

const API = `/api/pools/${POOL}`;
const last = event();

/** A pool of three with everything the page asks for; a test changes what it is about. */
function given({ members, candidates } = trio(), more: Parameters<typeof failover>[1] = {}) {
  answers("get", `${API}/overview`, overview(members));
  answers("get", `${API}/failover`, failover(candidates, more));
  answers("get", "/api/dns", { items: [dns()], nextCursor: null });
  answers("get", `${API}/setup`, { steps: [], complete: true });
  answers("get", `${API}/failover/events`, { items: [last], nextCursor: null });
  answers("get", `${API}/failover/events/${last.id}`, last);
  answers("get", "/api/jobs", { items: [], nextCursor: null });
  answers("get", "/api/commands", { items: [] });
  answers("get", "/api/members/:member/history", { resolution: "10s", stepSec: 10, columns: [], rows: [] });
}
const open = (search = "") => show(<OverviewPage />, { path: "/pools/$pool", at: `/pools/${POOL}${search}` });
const dialog = () => screen.findByRole("dialog");

beforeEach(() => beats.seed({ id: FRA, state: "fresh", ageSec: 0.6, sessions: 1284, haproxyActive: true }, "ooo", 0));

test("the three questions are answered, and the diagram has a twin in words", async () => {
  given();
  open();
  expect(await screen.findByText("Traffic is on the active member")).toBeVisible();
  expect(screen.getByText("1 of 2 standbys are ready")).toBeVisible();
  expect(screen.getByText("DNS moves by itself after 30 s")).toBeVisible();
  expect(screen.getByText(/Clients reach lb.example.com, which points at 203.0.113.10/)).toBeInTheDocument();
});

test("each member has a card with its role, and only standbys can be made active", async () => {
  given();
  open();
  const active = await screen.findByRole("article", { name: "edge-fra-1" });
  expect(within(active).getByText("Active")).toBeVisible();
  expect(await within(active).findByText("Serving lb.example.com with 1,284 open sessions.")).toBeVisible();
  expect(within(active).queryByText("Make active")).toBeNull();
  const standby = screen.getByRole("article", { name: "edge-ams-1" });
  await waitFor(() => expect(within(standby).getByText("Standby 1")).toBeVisible());
  expect(within(standby).getByRole("link", { name: "Make edge-ams-1 active" })).toHaveAttribute(
    "href",
    `/pools/${POOL}?cut=${AMS}`,
  );
});

test("each check for taking over is listed with its reason", async () => {
  given();
  const { user } = open();
  const card = await screen.findByRole("article", { name: "edge-lon-1" });
  await user.click(await within(card).findByText(/Readiness: 0 of 1 checks passed/));
  expect(within(card).getByText("HAProxy is not active.")).toBeVisible();
});

test("names and reasons of hosts are shown as text", async () => {
  const evil = "<img src=x onerror=1>";
  const long = `${"a".repeat(60)}.`.repeat(4).slice(0, 253);
  given({
    members: [member(FRA, { active: true, displayName: evil }), member(AMS, { displayName: long })],
    candidates: [candidate(FRA), candidate(AMS, { ready: false, gates: [gate("haproxy", `${evil} failed`)] })],
  });
  const { container } = open();
  expect(await screen.findByRole("article", { name: evil })).toBeVisible();
  expect(screen.getByRole("article", { name: long })).toBeVisible();
  expect(container.querySelector("img")).toBeNull();
});

test("an empty pool says what comes first and asks for no history", async () => {
  given({ members: [], candidates: [] }, { activeMemberId: null });
  answers("get", `${API}/setup`, {
    steps: [
      { id: "dns", done: true, detail: "The zone example.com is connected." },
      { id: "member", done: false, detail: "Enrol the first member." },
    ],
    complete: false,
  });
  const { user } = open();
  const setup = await screen.findByRole("region", { name: /Set up this pool/ });
  expect(within(setup).getByText("1 of 2 done")).toBeVisible();
  expect(within(setup).getByRole("link", { name: "Add member" })).toHaveAttribute("href", `/pools/${POOL}?add=true`);
  expect(screen.getByText("No traffic yet")).toBeVisible();
  await user.click(within(setup).getByRole("button", { name: /Set up this pool/ }));
  expect(within(setup).getByText("Enrol the first member.")).not.toBeVisible();
});

test("a large pool is summed up instead of drawn card by card", async () => {
  const members = Array.from({ length: 61 }, (_, i) => member(`m${i}`, { active: i === 0 }));
  given({ members, candidates: members.map((one) => candidate(one.id)) }, { activeMemberId: "m0" });
  open();
  expect(await screen.findByRole("link", { name: "All 61 members" })).toBeVisible();
  expect(screen.queryAllByRole("article")).toHaveLength(0);
  expect(await screen.findByRole("link", { name: /57 more standbys, 57 ready/ })).toBeVisible();
});

test("a hold says why, and Acknowledge lifts it", async () => {
  const hold = {
    reason: "mass_silence",
    sentence: "4 of 5 members fell silent together.",
    since: "2026-11-25T18:00:00Z",
    escalatedAt: null,
  };
  given(undefined, { holds: [hold] });
  const { user } = open();
  const notice = await screen.findByRole("region", { name: "Automatic failover holds" });
  expect(within(notice).getByText(/4 of 5 members fell silent together/)).toBeVisible();
  const { candidates } = trio();
  answers("get", `${API}/failover`, failover(candidates));
  const asked = answers("post", `${API}/failover/acknowledge`, failover(candidates));
  await user.click(within(notice).getByRole("button", { name: "Acknowledge" }));
  await waitFor(() => expect(screen.queryByRole("region", { name: "Automatic failover holds" })).toBeNull());
  expect(asked).toHaveLength(1);
});

test("a refused acknowledgement leaves the hold and says why", async () => {
  const hold = { reason: "flapping", sentence: "It flaps.", since: "2026-11-25T18:00:00Z", escalatedAt: null };
  given(undefined, { holds: [hold] });
  refuses("post", `${API}/failover/acknowledge`, { status: 403, code: "role_too_low", detail: "You are a viewer." });
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Acknowledge" }));
  expect(await screen.findByText("You are a viewer.")).toBeVisible();
});

test("a fresh failover is told at the top with a way to its story", async () => {
  given(undefined, { banner: true });
  open();
  const banner = await screen.findByRole("region", { name: "Failover active" });
  expect(banner).toHaveTextContent("Traffic moved from edge-fra-1 to edge-ams-1 by itself");
  expect(within(banner).getByRole("link", { name: "What happened" })).toHaveAttribute(
    "href",
    `/pools/${POOL}/events/${last.id}`,
  );
});

test("Cut DNS shows both addresses, orders the member that was shown, and follows the move", async () => {
  given();
  const moved = event({ id: "44444444-0000-4000-8000-000000000000", kind: "manual" });
  const asked = answers("post", `${API}/failover/cutover`, moved, 202);
  answers("get", `${API}/failover/events/${moved.id}`, moved);
  const { user } = open("?cut=next");
  const box = await dialog();
  expect(await within(box).findByText("Send traffic to edge-ams-1?")).toBeVisible();
  const row = await within(box).findByRole("row", { name: /^A / });
  expect(row).toHaveTextContent("203.0.113.10");
  expect(row).toHaveTextContent("198.51.100.24");
  expect(within(box).getByText(/up to 60 s after the record has changed/)).toBeVisible();
  expect(within(box).getByText(/1,284 open sessions on edge-fra-1 stay there/)).toBeVisible();
  await user.click(within(box).getByRole("button", { name: "Cut DNS to edge-ams-1" }));
  expect(await screen.findByText("Done: traffic goes to edge-ams-1.")).toBeVisible();
  expect(screen.getByText("The record points at edge-ams-1.")).toBeVisible();
  expect(await asked[0]?.json()).toEqual({ memberId: AMS, force: false });
});

test("Cancel changes nothing and has the focus at first", async () => {
  given();
  const asked = answers("post", `${API}/failover/cutover`, event(), 202);
  const { user, router } = open("?cut=next");
  const cancel = await within(await dialog()).findByRole("button", { name: "Cancel" });
  await waitFor(() => expect(cancel).toHaveFocus());
  await user.click(cancel);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(router.state.location.search).toEqual({});
  expect(asked).toHaveLength(0);
});

test("a member that is not ready takes an extra tick, and the order says force", async () => {
  given();
  const asked = answers("post", `${API}/failover/cutover`, event({ toMemberId: LON, toName: "edge-lon-1" }), 202);
  const { user } = open(`?cut=${LON}`);
  const box = await dialog();
  const button = await within(box).findByRole("button", { name: "Cut DNS to edge-lon-1" });
  expect(button).toBeDisabled();
  await user.click(await within(box).findByRole("checkbox", { name: /although it is not ready/ }));
  await user.click(button);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(await asked[0]?.json()).toEqual({ memberId: LON, force: true });
});

test("another choice takes the tick away again", async () => {
  given();
  const { user } = open(`?cut=${LON}`);
  const box = await dialog();
  await user.click(await within(box).findByRole("checkbox", { name: /although it is not ready/ }));
  await user.click(within(box).getByRole("radio", { name: "edge-ams-1" }));
  expect(within(box).getByRole("button", { name: "Cut DNS to edge-ams-1" })).toBeEnabled();
  await user.click(within(box).getByRole("radio", { name: "edge-lon-1" }));
  expect(within(box).getByRole("checkbox", { name: /although it is not ready/ })).not.toBeChecked();
});

test("a race that somebody else won is told in the server's words, and nothing moves", async () => {
  given();
  refuses("post", `${API}/failover/cutover`, {
    status: 409,
    code: "failover_lost_race",
    detail: "Somebody else moved this pool first.",
  });
  const { user } = open("?cut=next");
  await user.click(await within(await dialog()).findByRole("button", { name: "Cut DNS to edge-ams-1" }));
  expect(await screen.findByText("Somebody else moved this pool first.")).toBeVisible();
  expect(screen.queryByText(/Done: traffic/)).toBeNull();
});

test("without a standby the dialog says what is missing", async () => {
  given({ members: [member(FRA, { active: true })], candidates: [candidate(FRA, { active: true })] });
  open("?cut=next");
  expect(await within(await dialog()).findByText("There is no standby: add a second member first.")).toBeVisible();
});

test("a generic pool works without DNS and filters its servers by the address", async () => {
  const beat = member("x").heartbeat;
  const web = member("web", { heartbeat: beat && { ...beat, stacks: ["openlitespeed"], haproxyMonitored: false } });
  const db = member("db", { heartbeat: beat && { ...beat, stacks: ["mariadb"], haproxyMonitored: false } });
  given({ members: [web, db], candidates: [] }, { activeMemberId: null });
  answers("get", `${API}/overview`, overview([web, db], { template: "generic", activeMemberId: null }));
  answers("get", "/api/dns", { items: [], nextCursor: null });
  open("?stack=mariadb");
  expect(await screen.findByRole("article", { name: "edge-db-1" })).toBeVisible();
  expect(screen.queryByRole("article", { name: "edge-web-1" })).toBeNull();
  expect(screen.queryByText(/Is traffic on the active member/)).toBeNull();
});

test("updating agents orders one job for each, names who is left out, and shows what was refused", async () => {
  const beat = member("x").heartbeat;
  const old = (id: string, state: "fresh" | "down") =>
    member(id, { agentOutdated: true, heartbeat: beat && { ...beat, state, agentVersion: 90 } });
  const members = [old("a", "fresh"), old("b", "fresh"), old("c", "down")];
  given({ members, candidates: [] }, { activeMemberId: null });
  answers("get", `${API}/overview`, overview(members, { template: "generic", activeMemberId: null }));
  const ordered = answers("post", "/api/members/a/jobs", {}, 202);
  refuses("post", "/api/members/b/jobs", { status: 409, code: "jobs_stopped", detail: "Jobs are stopped." });
  const { user } = open("?update=true");
  const box = await dialog();
  expect(within(box).getByText("It is down: a job would wait until it is heard again.")).toBeVisible();
  await user.click(within(box).getByRole("button", { name: "Update 2 agents" }));
  expect(await within(box).findByText("1 update was refused")).toBeVisible();
  expect(within(box).getByText("Jobs are stopped.")).toBeVisible();
  expect(await ordered[0]?.json()).toMatchObject({ command: "agent.update" });
});
