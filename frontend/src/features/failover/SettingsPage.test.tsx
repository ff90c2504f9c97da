import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test } from "vitest";
import type { Failover, Overview } from "../../api/pool";
import { failoverQuery } from "../../api/pool";
import { meQuery } from "../../api/session";
import { show } from "../../testing/render";
import { answers, refuses, server } from "../../testing/server";
import { AMS, aDecision, aFailover, anOverview, FRA, POOL } from "./fixtures";
import { SettingsPage } from "./SettingsPage";

beforeEach(() => {
  answers("get", "/api/dns", { items: [], nextCursor: null });
  answers("post", `/api/pools/${POOL}/failover/simulate`, aDecision());
});

function open({ failover = aFailover(), overview = anOverview(), me = {} as object } = {}) {
  answers("get", `/api/pools/${POOL}/overview`, overview as unknown as { [name: string]: never });
  answers("get", `/api/pools/${POOL}/failover`, failover as unknown as { [name: string]: never });
  const shown = show(<SettingsPage />, { path: "/pools/$pool/settings", at: `/pools/${POOL}/settings` });
  shown.client.setQueryData(meQuery.queryKey, { role: "owner", gates: { failoverDelayMinSec: 10 }, ...me } as never);
  return shown;
}

test("a preset is saved, and only the field that changed is sent", async () => {
  const came = answers("put", `/api/pools/${POOL}/failover`, aFailover({ recoverySec: 60 }) as never);
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "60 s" }));
  const bar = await screen.findByRole("region", { name: "Unsaved changes" });
  expect(within(bar).getByText(/1 unsaved change/)).toBeInTheDocument();
  answers("get", `/api/pools/${POOL}/failover`, aFailover({ recoverySec: 60 }) as never);
  await user.click(within(bar).getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ recoverySec: 60, revision: 3 });
  await waitFor(() => expect(screen.queryByRole("region", { name: "Unsaved changes" })).toBeNull());
});

test("discarding brings back what was saved", async () => {
  const { user } = open();
  await user.click(await screen.findByRole("switch", { name: "Automatic failover" }));
  await user.click(await screen.findByRole("button", { name: "Discard" }));
  expect(screen.getByRole("switch", { name: "Automatic failover" })).toBeChecked();
});

test("a probe that may never be tried is refused at its field", async () => {
  refuses("put", `/api/pools/${POOL}/failover`, {
    status: 422,
    code: "probe_refused",
    detail: "With this probe, members would wait for ever to be ready.",
    errors: { probe: ["edge-ams-1 would never be ready: the control plane may not try 10.0.0.1."] },
  });
  const { user } = open({ failover: aFailover({ probe: { kind: "tcp", port: 443, path: "/", hostHeader: null } }) });
  const port = await screen.findByRole("textbox", { name: "Port" });
  await user.clear(port);
  await user.type(port, "22");
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  expect(await screen.findByText(/would never be ready/)).toBeInTheDocument();
});

test("a wrong number never leaves the page", async () => {
  const { user } = open();
  const seconds = await screen.findByRole("textbox", { name: "Seconds" });
  await user.clear(seconds);
  await user.type(seconds, "5");
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  expect(await screen.findByText("Use 10 to 120 whole seconds.")).toBeInTheDocument();
});

test("what somebody else saved meanwhile is shown beside mine, and I choose", async () => {
  const { user, client } = open();
  await user.click(await screen.findByRole("button", { name: "60 s" }));
  client.setQueryData(failoverQuery(POOL).queryKey, aFailover({ recoverySec: 120 }) as Failover);
  const note = await screen.findByRole("alert");
  expect(note).toHaveTextContent("Recovery time: saved is 120, yours is 60");
  expect(screen.getByRole("button", { name: "Save changes" })).toHaveAccessibleDescription(/choose above first/);
  await user.click(within(note).getByRole("button", { name: "Keep mine, to save it" }));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  expect(screen.getByRole("textbox", { name: "Seconds" })).toHaveValue("60 s");
});

test("the plan's limit is visible and explained", async () => {
  open({ me: { gates: { failoverDelayMinSec: 120 } } });
  await waitFor(() => expect(screen.getByRole("button", { name: "10 s" })).toHaveAccessibleDescription(/part of Pro/));
});

test("members move by buttons, and both get their new place", async () => {
  const ams = answers("patch", `/api/members/${AMS}`, {});
  const fra = answers("patch", `/api/members/${FRA}`, {});
  const { user } = open();
  expect(await screen.findByRole("button", { name: "Move edge-ams-1 up" })).toBeDisabled();
  await user.click(screen.getByRole("button", { name: "Move edge-fra-1 up" }));
  await waitFor(() => expect(ams).toHaveLength(1));
  expect(await fra[0]?.json()).toEqual({ priority: 10 });
  expect(await ams[0]?.json()).toEqual({ priority: 20 });
});

test("a change that others overtook is saved on top when it touches other fields", async () => {
  const { user } = open();
  const auto = await screen.findByRole("switch", { name: "Automatic failover" });
  const sent: number[] = [];
  server.use(
    http.put(`*/api/pools/${POOL}/failover`, async ({ request }) => {
      const body = (await request.json()) as { revision: number };
      sent.push(body.revision);
      if (body.revision === 3) {
        return HttpResponse.json({ status: 409, code: "settings_changed", detail: "Somebody else …" }, { status: 409 });
      }
      return HttpResponse.json(aFailover({ auto: !aFailover().auto, revision: 5 }));
    }),
  );
  answers("get", `/api/pools/${POOL}/failover`, aFailover({ revision: 4, stableSec: 900 }) as never);
  await user.click(auto);
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(sent).toEqual([3, 4]));
});

test("a change that others overtook in the same field asks whose value stands", async () => {
  const { user } = open();
  const seconds = await screen.findByRole("textbox", { name: "Seconds" });
  await user.clear(seconds);
  await user.type(seconds, "20");
  refuses("put", `/api/pools/${POOL}/failover`, {
    status: 409,
    code: "settings_changed",
    detail: "Somebody else changed these settings after you read them.",
  });
  answers("get", `/api/pools/${POOL}/failover`, aFailover({ revision: 4, recoverySec: 90 }) as never);
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  expect(await screen.findByText(/saved is/)).toHaveTextContent("Recovery time: saved is 90, yours is 20");
  await user.click(screen.getByRole("button", { name: "Keep mine, to save it" }));
  const came = answers("put", `/api/pools/${POOL}/failover`, aFailover({ revision: 5, recoverySec: 20 }) as never);
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ recoverySec: 20, revision: 4 });
});

test("a pause has an end and a reason", async () => {
  const came = answers(
    "post",
    `/api/pools/${POOL}/failover/maintenance`,
    aFailover({ maintenance: { paused: true, until: null, reason: "kernel" } }) as never,
  );
  const { user } = open();
  await user.type(await screen.findByRole("textbox", { name: "Reason" }), "kernel");
  await user.click(screen.getByRole("button", { name: "Pause automatic failover" }));
  await waitFor(() => expect(came).toHaveLength(1));
  const sent = (await came[0]?.json()) as { until: string; reason: string };
  expect(sent.reason).toBe("kernel");
  expect(Date.parse(sent.until) - Date.now()).toBeGreaterThan(50 * 60_000);
});

test("a name that is taken is refused at its field", async () => {
  refuses("patch", `/api/pools/${POOL}`, {
    status: 409,
    code: "name_taken",
    detail: "There is a pool staging already.",
    errors: { name: ["Another pool has this name."] },
  });
  const { user } = open();
  const name = await screen.findByRole("textbox", { name: "Name" });
  await user.clear(name);
  await user.type(name, "staging");
  await user.click(screen.getByRole("button", { name: "Rename pool" }));
  expect(await screen.findByText("Another pool has this name.")).toBeInTheDocument();
});

test("converting says what changes, and Cancel changes nothing", async () => {
  const came = answers("patch", `/api/pools/${POOL}`, {});
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Convert to a generic pool" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByText(/Nothing on the hosts changes/)).toBeInTheDocument();
  await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
  expect(came).toHaveLength(0);
});

test("a pool is deleted only with its name typed", async () => {
  const name = "<img src=x onerror=1>";
  const came = answers("delete", `/api/pools/${POOL}`, null, 204);
  const { user, router } = open({ overview: anOverview(undefined, { name }) });
  await user.click(await screen.findByRole("button", { name: "Delete pool" }));
  const dialog = await screen.findByRole("dialog");
  const go = within(dialog).getByRole("button", { name: "Delete pool" });
  expect(go).toBeDisabled();
  await user.type(within(dialog).getByRole("textbox"), name);
  await user.click(go);
  await waitFor(() => expect(router.state.location.pathname).toBe("/pools"));
  expect(new URL(came[0]?.url ?? "").searchParams.get("confirm")).toBe(name);
  expect(document.querySelector("img")).toBeNull();
});

test("a generic pool has no balancer here", async () => {
  open({ overview: anOverview([], { template: "generic" }) as Overview });
  expect(await screen.findByRole("heading", { name: "Pool name" })).toBeInTheDocument();
  expect(screen.queryByRole("heading", { name: "Balancer failover" })).toBeNull();
});

test("a viewer reads everything and is told why nothing can be saved", async () => {
  open({ me: { role: "viewer" } });
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Delete pool" })).toHaveAccessibleDescription(/needs the role admin/),
  );
});
