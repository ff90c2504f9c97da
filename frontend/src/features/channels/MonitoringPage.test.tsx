import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { keys } from "../../api/keys";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { channel, delivery, KINDS, ME, webhook } from "./fixtures";
import { MonitoringPage } from "./MonitoringPage";

const PATH = "/pools/$pool/monitoring";

function page(items: object[], { query = "", me = ME as object, log = [] as object[], bannerSec = 7200 } = {}) {
  answers("get", "/api/notification-channels/kinds", KINDS);
  answers("get", "/api/notification-channels", { items, nextCursor: null });
  answers("get", "/api/pools", { items: [{ id: "p1", name: "edge" }], nextCursor: null });
  answers("get", "/api/pools/p1/failover", { bannerSec, decision: { members: [] } });
  const asked = answers("get", "/api/notification-deliveries", { items: log, nextCursor: null });
  const shown = show(<MonitoringPage />, { path: PATH, at: `/pools/p1/monitoring${query}` });
  shown.client.setQueryData(keys.me, me);
  return { ...shown, asked };
}

const topic = async (name: RegExp) =>
  within(await screen.findByRole("region", { name: "Who is told" })).findByRole("row", { name });

test("each topic names the channels that tell of it in this pool", async () => {
  page([
    channel(),
    webhook({ topics: ["dns"] }),
    webhook({ id: "c3", name: "Elsewhere", poolId: "p2" }),
    webhook({ id: "c4", name: "Silent", enabled: false }),
  ]);
  expect(await topic(/^DNS/)).toHaveTextContent("On-callChat");
  expect(await topic(/^Jobs/)).not.toHaveTextContent("Chat");
  const told = screen.getByRole("region", { name: "Who is told" });
  expect(told).not.toHaveTextContent("Elsewhere");
  expect(told).not.toHaveTextContent("Silent");
});

test("without an e-mail channel the account's inboxes get mail", async () => {
  page([webhook({ topics: ["dns"] })]);
  expect(await topic(/^Failovers/)).toHaveTextContent("alerts@example.comnoc@example.com");
});

test("without an e-mail channel and inboxes the owner gets mail", async () => {
  page([], { me: { ...ME, account: { ...ME.account, alertEmail: null, teamInboxes: [] } } });
  expect(await topic(/^Failovers/)).toHaveTextContent("Account owner, by e-mail");
});

test("a topic that nobody is told of is a warning", async () => {
  page([channel({ topics: ["dns"] })]);
  expect(await topic(/^Failovers/)).toHaveTextContent("Nobody");
});

test("the account's inboxes say whether a channel writes to them", async () => {
  page([channel({ config: { recipients: ["noc@example.com"] } })]);
  const card = await screen.findByRole("region", { name: "Alert address and team inboxes" });
  const [alerts, noc] = await within(card).findAllByRole("listitem");
  expect(alerts).toHaveTextContent("alerts@example.comOn no channel");
  expect(noc).toHaveTextContent("noc@example.comGets mail");
});

test("the banner's time is saved at once and can be undone", async () => {
  const { user } = page([channel()]);
  const came = answers("put", "/api/pools/p1/failover", { bannerSec: 3600, decision: { members: [] } });
  await user.click(await screen.findByRole("combobox", { name: /Failover active/ }));
  await user.click(await screen.findByRole("option", { name: "60 min" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ bannerSec: 3600 });
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(came).toHaveLength(2));
  expect(await came[1]?.json()).toEqual({ bannerSec: 7200 });
});

test("times beyond the plan are shown and locked with one line and one link", async () => {
  const { user } = page([channel()]);
  expect(await screen.findByText(/More than 2 h is part of Pro/)).toBeVisible();
  expect(screen.getByRole("link", { name: "See the plan" })).toBeVisible();
  await user.click(screen.getByRole("combobox", { name: /Failover active/ }));
  expect(await screen.findByRole("option", { name: "6 h" })).toHaveAttribute("data-combobox-disabled", "true");
});

test("on Pro nothing is locked", async () => {
  page([channel()], { me: { ...ME, gates: { failoverBannerMaxSec: null } } });
  expect(await screen.findByRole("combobox", { name: /Failover active/ })).toBeVisible();
  await waitFor(() => expect(screen.queryByText(/part of Pro/)).not.toBeInTheDocument());
});

test("a banner that the server refuses says so beside it", async () => {
  const { user } = page([channel()]);
  refuses("put", "/api/pools/p1/failover", {
    status: 403,
    code: "plan_locked",
    detail: "Banners longer than 7200 seconds are part of Pro.",
  });
  await user.click(await screen.findByRole("combobox", { name: /Failover active/ }));
  await user.click(await screen.findByRole("option", { name: "Not at all" }));
  expect(await screen.findByText("Banners longer than 7200 seconds are part of Pro.")).toBeVisible();
});

test("a channel added here is for this pool", async () => {
  const { user } = page([], { query: "?add=true" });
  const came = answers("post", "/api/notification-channels", channel({ poolId: "p1" }), 201);
  await user.type(await screen.findByLabelText(/^Name/), "Edge team");
  await user.click(screen.getByRole("button", { name: "Add channel" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toMatchObject({ poolId: "p1", name: "Edge team" });
});

test("this pool's deliveries alone are asked for", async () => {
  const { asked } = page([channel()], { log: [delivery()] });
  expect(await screen.findByText("Failover: edge moves to fra-1")).toBeVisible();
  expect(asked.map((one) => new URL(one.url).searchParams.get("poolId"))).toEqual(["p1"]);
});
