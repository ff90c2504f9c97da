import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { EventPage } from "./EventPage";
import { EventsPage } from "./EventsPage";
import { AMS, aCandidate, aDecision, anEvent, anIncident, anOverview, EVENT, FRA, POOL } from "./fixtures";

const wire = (value: unknown) => value as { [name: string]: never };

beforeEach(() => {
  answers("get", `/api/pools/${POOL}/overview`, wire(anOverview()));
  answers("get", "/api/dns", { items: [], nextCursor: null });
});

const list = () => show(<EventsPage />, { path: "/pools/$pool/events", at: `/pools/${POOL}/events` });
const one = () => show(<EventPage />, { path: "/pools/$pool/events/$event", at: `/pools/${POOL}/events/${EVENT}` });

test("a move is told with both addresses, why, and how long it took", async () => {
  answers("post", `/api/pools/${POOL}/failover/simulate`, wire(aDecision()));
  answers("get", `/api/pools/${POOL}/failover/events`, wire({ items: [anEvent()], nextCursor: null }));
  list();
  const table = await screen.findByRole("table", { name: "Failover events" });
  const row = within(table).getAllByRole("row")[1];
  expect(row).toHaveTextContent("edge-ams-1203.0.113.10");
  expect(row).toHaveTextContent("edge-fra-1203.0.113.20");
  expect(row).toHaveTextContent("The active member fell silent");
  expect(row).toHaveTextContent("0.3 s");
});

test("a pool that never moved says what to do", async () => {
  answers("post", `/api/pools/${POOL}/failover/simulate`, wire(aDecision()));
  answers("get", `/api/pools/${POOL}/failover/events`, { items: [], nextCursor: null });
  list();
  expect(await screen.findByText(/was never moved/)).toBeInTheDocument();
});

test("a member taken as dead is asked of the server and kept in the address", async () => {
  answers("get", `/api/pools/${POOL}/failover/events`, { items: [], nextCursor: null });
  const came = answers("post", `/api/pools/${POOL}/failover/simulate`, async (request) => {
    const { dead } = (await request.clone().json()) as { dead: string[] };
    return wire(
      dead.length === 0
        ? aDecision()
        : aDecision({
            kind: "promote",
            reason: "silent",
            toMemberId: FRA,
            members: [
              aCandidate({ health: "silent", ready: false }),
              aCandidate({
                memberId: FRA,
                name: "edge-fra-1",
                active: false,
                gates: [{ name: "disk", passed: false, blocking: false, reason: "<b>The disk is 91 % full.</b>" }],
              }),
            ],
          }),
    );
  });
  const { user, router } = list();
  expect(await screen.findByText("Traffic would stay where it is.")).toBeInTheDocument();
  await user.click(screen.getByRole("switch", { name: /edge-ams-1 is dead/ }));
  expect(await screen.findByText("Traffic would move to edge-fra-1.")).toBeInTheDocument();
  expect(router.state.location.search).toMatchObject({ dead: AMS });
  expect(await came.at(-1)?.json()).toEqual({ dead: [AMS] });
  expect(screen.getByText("<b>The disk is 91 % full.</b>")).toBeInTheDocument();
});

test("one move: verdict, steps, timeline and what the decision saw", async () => {
  answers("get", `/api/pools/${POOL}/failover/events/${EVENT}/incident`, wire(anIncident()));
  const { user } = one();
  expect(await screen.findByText("Traffic was moved to edge-fra-1.")).toBeInTheDocument();
  expect(screen.getByText("Silence of the active member")).toBeInTheDocument();
  expect(screen.getByText("The record points at edge-fra-1.")).toBeInTheDocument();
  expect(screen.queryByText(/settings changed/)).toBeNull();
  await user.click(screen.getByRole("radio", { name: /Everything around it/ }));
  expect(await screen.findByText(/ada: Failover settings changed/)).toBeInTheDocument();
  const table = screen.getByRole("table", { name: "Members as the decision saw them" });
  expect(within(table).getByText("Was active")).toBeInTheDocument();
  expect(within(table).getByText("Not ready: 0 of 1 met")).toBeInTheDocument();
});

test("on paper everything is unfolded and light, and afterwards the page is as it was", async () => {
  answers("get", `/api/pools/${POOL}/failover/events/${EVENT}/incident`, wire(anIncident()));
  const root = document.documentElement;
  let printed: string | null = null;
  vi.spyOn(window, "print").mockImplementation(() => {
    printed = root.getAttribute("data-mantine-color-scheme");
    window.dispatchEvent(new Event("afterprint"));
  });
  // The way to the real folded parts is `main`, which the frame brings.
  const { user } = show(
    <main>
      <EventPage />
    </main>,
    { path: "/pools/$pool/events/$event", at: `/pools/${POOL}/events/${EVENT}` },
  );
  await screen.findByText("What the decision saw");
  root.setAttribute("data-mantine-color-scheme", "dark");
  await user.click(screen.getByRole("button", { name: "Print" }));
  expect(printed).toBe("light");
  expect(root).toHaveAttribute("data-mantine-color-scheme", "dark");
  for (const folded of document.querySelectorAll("details")) expect(folded.open).toBe(true);
});

test("an incident is exported as data", async () => {
  answers("get", `/api/pools/${POOL}/failover/events/${EVENT}/incident`, wire(anIncident()));
  const made: Blob[] = [];
  URL.createObjectURL = (blob: Blob) => {
    made.push(blob);
    return "blob:x";
  };
  URL.revokeObjectURL = () => undefined;
  const { user } = one();
  await user.click(await screen.findByRole("button", { name: "Export JSON" }));
  expect(JSON.parse((await made[0]?.text()) ?? "")).toMatchObject({ id: EVENT, toName: "edge-fra-1" });
});

test("while it still switches, the page says so and follows", async () => {
  let asked = 0;
  answers("get", `/api/pools/${POOL}/failover/events/${EVENT}/incident`, () => {
    asked += 1;
    return wire(asked === 1 ? anIncident({ state: "switching", finishedAt: null }) : anIncident());
  });
  one();
  expect(await screen.findByText(/the record does not follow yet/)).toBeInTheDocument();
  await waitFor(() => expect(screen.getByText("Traffic was moved to edge-fra-1.")).toBeInTheDocument(), {
    timeout: 5000,
  });
});

test("an event of another pool is not here", async () => {
  refuses("get", `/api/pools/${POOL}/failover/events/${EVENT}/incident`, {
    status: 404,
    code: "failover_event_not_found",
    detail: "There is no such failover event in this pool.",
  });
  one();
  expect(await screen.findByRole("link", { name: "All failover events" })).toBeInTheDocument();
});
