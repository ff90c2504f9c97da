import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { meQuery } from "../../api/session";
import { aCommand, aJob } from "../../testing/jobs";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { MemberJobsPage } from "./MemberJobsPage";

const POOL = aJob().poolId;
const MEMBER = aJob().memberId ?? "";
const HOST = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.example.com`;

const member = {
  id: MEMBER,
  poolId: POOL,
  hostname: HOST,
  displayName: "<img src=x onerror=1>",
  active: true,
  heartbeat: { agentVersion: 3, stacks: ["haproxy"] },
};
const drain = aCommand({
  id: "haproxy.server_drain",
  title: "Drain a server",
  params: { backend: { type: "string", title: "Backend", required: true, help: "Its name", pattern: "[a-z]+" } },
});
const restart = aCommand({ id: "haproxy.restart", title: "Restart HAProxy", danger: "dangerous" });
const other = aCommand({ id: "mariadb.restart", title: "Restart MariaDB", applies: { stack: "mariadb" } });

beforeEach(() => {
  answers("get", `/api/pools/${POOL}/overview`, { pool: { id: POOL }, members: [member] } as never);
  answers("get", "/api/commands", { items: [drain, restart, other] } as never);
  answers("get", "/api/pools", { items: [], nextCursor: null });
  answers("get", "/api/jobs", { items: [], nextCursor: null });
  answers("get", "/api/jobs/stop", { stopped: false, reason: "", stoppedBy: "", since: null });
});

function open(search = "", role = "owner") {
  const path = "/pools/$pool/members/$member/cron-jobs";
  const shown = show(<MemberJobsPage />, { path, at: `/pools/${POOL}/members/${MEMBER}/cron-jobs${search}` });
  shown.client.setQueryData(meQuery.queryKey, { role } as never);
  return shown;
}

test("commands that fit are offered, the others say why not", async () => {
  const { user, router } = open();
  await user.click(await screen.findByRole("button", { name: "Run a command" }));
  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByText(/needs mariadb, which this member does not report/)).toBeInTheDocument();
  expect(within(dialog).queryByRole("button", { name: /Restart MariaDB/ })).toBeNull();
  await user.click(within(dialog).getByRole("button", { name: /Drain a server/ }));
  await waitFor(() => expect(router.state.location.search).toMatchObject({ run: "haproxy.server_drain" }));
  expect(document.querySelector("img")).toBeNull();
});

test("what a parameter may not be is told at its field, before and after the server was asked", async () => {
  const came = refuses("post", `/api/members/${MEMBER}/jobs`, {
    status: 422,
    code: "params_invalid",
    detail: "params.backend: there is no such backend.",
    errors: { "params.backend": ["There is no such backend."] },
  });
  const { user } = open("?run=haproxy.server_drain");
  const backend = await screen.findByRole("textbox", { name: /Backend/ });
  await user.click(screen.getByRole("button", { name: "Drain a server" }));
  expect(await screen.findByText("Backend is needed.")).toBeInTheDocument();
  await user.type(backend, "WEB;");
  await user.click(screen.getByRole("button", { name: "Drain a server" }));
  expect(await screen.findByText("Not allowed here: Its name")).toBeInTheDocument();
  expect(came).toHaveLength(0);
  await user.clear(backend);
  await user.type(backend, "web");
  await user.click(screen.getByRole("button", { name: "Drain a server" }));
  expect(await screen.findByText("There is no such backend.")).toBeInTheDocument();
  expect(came).toHaveLength(1);
});

test("what is ordered is sent once with its key, and the dialog closes", async () => {
  const came = answers("post", `/api/members/${MEMBER}/jobs`, aJob({ status: "pending" }) as never, 201);
  const { user, router } = open("?run=haproxy.server_drain");
  await user.type(await screen.findByRole("textbox", { name: /Backend/ }), "web");
  await user.click(screen.getByRole("button", { name: "Drain a server" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  expect(await came[0]?.json()).toEqual({ command: "haproxy.server_drain", params: { backend: "web" } });
  expect(came[0]?.headers.get("Idempotency-Key")).toBeTruthy();
});

test("a dangerous command wants the host's name typed, however long", async () => {
  const came = answers("post", `/api/members/${MEMBER}/jobs`, aJob() as never, 201);
  const { user } = open("?run=haproxy.restart");
  await user.click(await screen.findByRole("button", { name: "Restart HAProxy…" }));
  const dialog = await screen.findByRole("dialog", { name: /Restart HAProxy on/ });
  const go = within(dialog).getByRole("button", { name: "Restart HAProxy" });
  expect(go).toBeDisabled();
  const field = within(dialog).getByRole("textbox");
  await user.click(field);
  await user.paste(HOST);
  await user.keyboard("{Enter}");
  expect(came).toHaveLength(0);
  await user.click(go);
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toMatchObject({ confirm: HOST });
});

test("a viewer cannot open the form by its address", async () => {
  open("?run=haproxy.restart", "viewer");
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Run a command" })).toHaveAccessibleDescription(/needs the role/),
  );
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});
