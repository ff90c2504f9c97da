import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { keys } from "../../api/keys";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { ChannelsPage } from "./ChannelsPage";
import { channel, delivery, KINDS, ME, webhook } from "./fixtures";

const AT = "/settings/channels";

function page(items: object[], { query = "", me = ME, log = [] as object[] } = {}) {
  answers("get", "/api/notification-channels/kinds", KINDS);
  answers("get", "/api/notification-channels", { items, nextCursor: null });
  answers("get", "/api/pools", { items: [{ id: "p1", name: "edge" }], nextCursor: null });
  const asked = answers("get", "/api/notification-deliveries", { items: log, nextCursor: null });
  const shown = show(<ChannelsPage />, { path: AT, at: `${AT}${query}` });
  shown.client.setQueryData(keys.me, me);
  return { ...shown, asked };
}

test("channels stand under their kinds with where they go, what of and how the last message fared", async () => {
  page([
    channel({ topics: ["failover", "dns"] }),
    webhook({
      poolId: "p1",
      lastDelivery: delivery({
        status: "waiting",
        attempts: 2,
        lastError: "chat.example.com answers 503.",
        nextTryAt: "2999-01-01T00:00:00Z",
      }),
    }),
  ]);
  const mail = await screen.findByRole("article", { name: "On-call" });
  expect(within(mail).getByText("oncall@example.com")).toBeVisible();
  expect(within(mail).getByText("Failovers, DNS")).toBeVisible();
  const hook = screen.getByRole("article", { name: "Chat" });
  expect(within(hook).getByText(/chat.example.com answers 503./)).toHaveTextContent("Tried again in");
  expect(await within(hook).findByText("edge")).toBeVisible();
  expect(screen.getByRole("heading", { name: "Webhook" })).toBeVisible();
});

test("a new mail channel begins with the account's alert address and inboxes", async () => {
  const { user } = page([], { query: "?add=true" });
  const came = answers("post", "/api/notification-channels", channel(), 201);
  await user.type(await screen.findByLabelText(/^Name/), "On-call");
  expect(screen.getByText("alerts@example.com")).toBeVisible();
  expect(screen.getByText("noc@example.com")).toBeVisible();
  await user.click(screen.getByLabelText("Only some"));
  await user.click(screen.getByRole("checkbox", { name: /Failovers/ }));
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Add channel" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({
    kind: "email",
    name: "On-call",
    poolId: null,
    topics: ["failover"],
    enabled: true,
    config: { recipients: ["alerts@example.com", "noc@example.com"] },
  });
});

test("only some topics wants at least one", async () => {
  const { user } = page([], { query: "?add=true" });
  await user.type(await screen.findByLabelText(/^Name/), "On-call");
  await user.click(screen.getByLabelText("Only some"));
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Add channel" }));
  expect(await screen.findByText("Choose at least one topic, or all of them.")).toBeVisible();
});

test("a field of the kind that is refused says why at the field", async () => {
  const { user } = page([webhook()], { query: "?edit=c2" });
  refuses("put", "/api/notification-channels/c2", {
    status: 422,
    code: "channel_invalid",
    detail: "config.url: Use an address that begins with https://.",
    errors: { "config.url": ["Use an address that begins with https://."] },
  });
  const address = await screen.findByLabelText(/Address/);
  await user.clear(address);
  await user.type(address, "ftp://x");
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  expect(await screen.findByText("Use an address that begins with https://.")).toBeVisible();
  await waitFor(() => expect(address).toHaveFocus());
});

test("an edit that leaves the secret empty does not send it", async () => {
  const { user } = page([webhook()], { query: "?edit=c2" });
  const came = answers("put", "/api/notification-channels/c2", webhook({ name: "Chat room" }));
  const name = await screen.findByLabelText(/^Name/);
  await user.clear(name);
  await user.type(name, "Chat room");
  expect(screen.getByPlaceholderText("Stored; leave it empty to keep it")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toMatchObject({ name: "Chat room", config: { url: "https://chat.example.com/hook" } });
});

test("a test tells in place how it went", async () => {
  const { user } = page([webhook()]);
  answers("post", "/api/notification-channels/c2/test", { sent: false, detail: "chat.example.com answers 404." });
  await user.click(await screen.findByRole("button", { name: "Send a test" }));
  expect(await screen.findByText("Test failed. chat.example.com answers 404.")).toBeVisible();
});

test("switching a channel off keeps all its settings and can be undone", async () => {
  const { user } = page([webhook({ topics: ["dns"], poolId: "p1" })]);
  const came = answers("put", "/api/notification-channels/c2", webhook({ enabled: false }));
  await user.click(await screen.findByRole("switch", { name: "Chat is enabled" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({
    name: "Chat",
    poolId: "p1",
    topics: ["dns"],
    enabled: false,
    config: { url: "https://chat.example.com/hook" },
  });
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(came).toHaveLength(2));
  expect(await came[1]?.json()).toMatchObject({ enabled: true });
});

test("a channel is deleted after its name is typed", async () => {
  const { user } = page([channel()], { query: "?remove=c1" });
  const came = answers("delete", "/api/notification-channels/c1", null, 204);
  const button = await screen.findByRole("button", { name: "Delete channel" });
  expect(screen.getByText(/It is the last e-mail channel/)).toBeVisible();
  expect(button).toBeDisabled();
  await user.type(screen.getByLabelText(/to confirm/), "On-call");
  await user.click(button);
  await waitFor(() => expect(came).toHaveLength(1));
});

test("a viewer sees why nothing can be changed", async () => {
  page([channel()], { me: { ...ME, role: "viewer" }, query: "?add=true" });
  const button = await screen.findByRole("button", { name: "Send a test" });
  await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "true"));
  expect(button).toHaveAccessibleDescription(/needs the role admin/);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

test("the log is filtered on the server, and the filter stands in the address", async () => {
  const { user, router, asked } = page([channel()], { log: [delivery()] });
  expect(await screen.findByText("Failover: edge moves to fra-1")).toBeVisible();
  await user.click(screen.getByRole("combobox", { name: "State of deliveries" }));
  await user.click(await screen.findByRole("option", { name: "Failed" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ status: "failed" }));
  await waitFor(() => expect(asked.some((one) => new URL(one.url).searchParams.get("status") === "failed")).toBe(true));
});

test("a message that waits says when it is tried again and why it did not arrive", async () => {
  page([channel()], {
    log: [
      delivery({
        status: "waiting",
        attempts: 3,
        nextTryAt: "2999-01-01T00:00:00Z",
        sentAt: null,
        lastError: "mail:25 answered 451 later",
      }),
    ],
  });
  const row = await screen.findByRole("row", { name: /Failover: edge moves to fra-1/ });
  expect(row).toHaveTextContent("mail:25 answered 451 later");
  expect(row).toHaveTextContent("Tried, waits");
  expect(row).toHaveTextContent(/3, next in/);
});

test("hostile names are text", async () => {
  const name = `<img src=x onerror=1>${"b".repeat(60)}`;
  page([channel({ name, config: { recipients: [`${"c".repeat(240)}@example.com`] } })], {
    log: [delivery({ subject: "<script>alert(1)</script>" })],
  });
  expect(await screen.findByRole("heading", { name })).toBeVisible();
  expect(await screen.findByText("<script>alert(1)</script>")).toBeVisible();
  expect(document.querySelector("img")).toBeNull();
});
