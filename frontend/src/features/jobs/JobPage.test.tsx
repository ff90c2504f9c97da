import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { JobDetail } from "../../api/jobs";
import { meQuery } from "../../api/session";
import { aCommand, aJob, aJobDetail } from "../../testing/jobs";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { JobPage } from "./JobPage";

const ID = aJob().id;
const MEMBER = aJob().memberId ?? "";

beforeEach(() => {
  answers("get", "/api/commands", {
    items: [
      aCommand(),
      aCommand({ id: "haproxy.restart", title: "Restart HAProxy", danger: "dangerous", stopsHaproxy: true }),
      aCommand({ id: "login", title: "Sign in", params: { token: { type: "string", title: "Token", secret: true } } }),
    ],
  });
  answers("get", "/api/pools", { items: [{ id: aJob().poolId, name: "production-edge" }], nextCursor: null });
  answers("get", `/api/members/${MEMBER}`, { id: MEMBER, displayName: "edge-ams-1", hostname: "ams1.example.com" });
  answers("get", "/api/jobs/stop", { stopped: false, reason: "", stoppedBy: "", since: null });
});

function open(job: JobDetail, log = "") {
  answers("get", `/api/jobs/${ID}`, job);
  answers("get", `/api/jobs/${ID}/log`, {
    text: log,
    offset: 0,
    nextOffset: log.length,
    sizeBytes: log.length,
    ended: job.endedAt !== null,
  });
  const shown = show(<JobPage />, { path: "/jobs/$job", at: `/jobs/${ID}` });
  shown.client.setQueryData(meQuery.queryKey, { role: "owner" } as never);
  return shown;
}

test("a running job shows its step, its percentage and its log", async () => {
  open(aJobDetail({ status: "running", percent: 42, step: "Checking", endedAt: null }), "line one\n");
  expect(await screen.findByRole("heading", { level: 1, name: "Reload HAProxy" })).toBeInTheDocument();
  expect(screen.getByText("Checking")).toBeInTheDocument();
  expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "42");
  expect(await screen.findByRole("log", { name: "Output" })).toHaveTextContent("line one");
  expect(screen.getByRole("button", { name: "Pause" })).toBeInTheDocument();
});

test("a failure shows the step, the last lines and the fix, as text", async () => {
  const log = `${"a\n".repeat(20)}<img src=x onerror=1>\n`;
  open(aJobDetail({ status: "failed", error: "It broke.", step: "Reloading", exitCode: 1, log }), log);
  const state = await screen.findByRole("region", { name: "State" });
  expect(within(state).getByText("Failed with exit code 1")).toBeInTheDocument();
  expect(within(state).getByText("It ended in the step: Reloading")).toBeInTheDocument();
  expect(within(state).getByText(/running it twice does no harm/)).toBeInTheDocument();
  expect(within(state).getByText(/<img src=x onerror=1>/)).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

test("retry orders the same again and goes to the new job", async () => {
  const came = answers("post", `/api/members/${MEMBER}/jobs`, aJob({ id: "next" }), 201);
  const { user, router } = open(aJobDetail({ status: "failed", params: { backend: "web" } }));
  await user.click(await screen.findByRole("button", { name: "Retry" }));
  const dialog = await screen.findByRole("dialog", { name: "Run Reload HAProxy again on edge-ams-1?" });
  await user.click(within(dialog).getByRole("button", { name: "Run Reload HAProxy again" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/jobs/next"));
  expect(await came[0]?.json()).toEqual({ command: "haproxy.reload", params: { backend: "web" } });
  expect(came[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
});

test("a dangerous one is run again only with the host's name typed", async () => {
  const came = answers("post", `/api/members/${MEMBER}/jobs`, aJob({ id: "next" }), 201);
  const { user } = open(aJobDetail({ status: "completed", command: "haproxy.restart", danger: "dangerous" }));
  await user.click(await screen.findByRole("button", { name: "Run again" }));
  const dialog = await screen.findByRole("dialog");
  const go = within(dialog).getByRole("button", { name: "Run Restart HAProxy again" });
  expect(go).toBeDisabled();
  await user.type(within(dialog).getByRole("textbox"), "ams1.example.com{Enter}");
  expect(came).toHaveLength(0);
  await user.click(go);
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toMatchObject({ confirm: "ams1.example.com" });
});

test("cancelling a running job asks first; a refusal stays in the dialog", async () => {
  refuses("post", `/api/jobs/${ID}/cancel`, {
    status: 409,
    code: "job_not_cancellable",
    detail: "The job is completed: there is nothing left to cancel.",
  });
  const { user } = open(aJobDetail({ status: "running", endedAt: null }));
  await user.click(await screen.findByRole("button", { name: "Cancel job" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Stop Reload HAProxy" }));
  expect(await within(dialog).findByText(/nothing left to cancel/)).toBeInTheDocument();
});

test("an unknown outcome is decided by a person", async () => {
  const came = answers("post", `/api/jobs/${ID}/resolve`, aJob({ status: "failed" }));
  const { user } = open(aJobDetail({ status: "unknown", endedAt: null }));
  expect(await screen.findByText(/Nobody knows how it ended/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Mark as failed" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Mark as failed" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ choice: "failed" });
});

test("a secret parameter is never shown, and cannot be ordered again", async () => {
  open(aJobDetail({ status: "failed", command: "login", params: { token: "s3cret-value" } }));
  expect(await screen.findByText("hidden")).toBeInTheDocument();
  expect(screen.queryByText(/s3cret-value/)).toBeNull();
  expect(screen.getByRole("button", { name: "Retry" })).toHaveAccessibleDescription(/ordered with a secret/);
});

test("attempts and late reports tell the story", async () => {
  open(
    aJobDetail({
      attempts: [{ attempt: 2, startedAt: "2026-11-25T18:00:00+00:00", endedAt: null, outcome: "completed" }],
      evidence: [{ attempt: 1, kind: "evidence", report: { status: "failed" }, at: "2026-11-25T18:01:00+00:00" }],
    }),
  );
  expect(await screen.findByRole("row", { name: /2 .* completed/ })).toBeInTheDocument();
  expect(screen.getByText(/came too late/)).toBeInTheDocument();
});

test("a job that is gone says where to look", async () => {
  refuses("get", `/api/jobs/${ID}`, { status: 404, code: "job_not_found", detail: "There is no such job." });
  show(<JobPage />, { path: "/jobs/$job", at: `/jobs/${ID}` });
  expect(await screen.findByText(/There is no such job/)).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "All jobs" })).toHaveAttribute("href", "/jobs");
});
