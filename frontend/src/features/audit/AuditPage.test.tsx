import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import type { Me } from "../../api/session";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { AuditPage } from "./AuditPage";

const entry = (seq: number, given: object = {}) => ({
  seq,
  at: "2026-11-25T18:24:07Z",
  actor: { kind: "user", id: "u1", name: "ada@example.com" },
  action: "user.role_changed",
  targetType: "user",
  targetId: "0d7e4f5a-2f64-4b0e-9d0c-1f1f0b8a1c09",
  details: { email: "bob@example.com", before: "viewer", after: "admin" },
  address: "203.0.113.9",
  requestId: "req-1",
  entryHash: `hash-${seq}`,
  ...given,
});

beforeEach(() => {
  answers("get", "/api/audit/head", {
    at: "2026-11-25T18:30:00Z",
    chain: "c",
    seq: 1234,
    hash: "feedbeef",
    publicKey: "key=",
    signature: "sig=",
  });
});

/** The page behind a signed-in person: who may read the trail depends on them. */
function page(at = "/audit", me: Me = meOf()) {
  answers("get", "/api/auth/me", me);
  const shown = show(<AuditPage />, { path: "/audit", at });
  shown.client.setQueryData(keys.me, me);
  return shown;
}

const asked = (request: Request | undefined) => Object.fromEntries(new URL(request?.url ?? "http://none").searchParams);

describe("the audit page", () => {
  it("tells who did what in words, with details as pairs", async () => {
    answers("get", "/api/audit", { items: [entry(7)], nextCursor: null });
    page();
    const table = await screen.findByRole("table", { name: "Audit trail" });
    expect(within(table).getByText("Role changed")).toBeVisible();
    expect(within(table).getByText("ada@example.com")).toBeVisible();
    expect(
      within(table)
        .getByText(/before/)
        .closest("p"),
    ).toHaveTextContent("email bob@example.com, before viewer, after admin");
    expect(screen.getByText("1 entry in all")).toBeVisible();
    expect(await screen.findByText("feedbeef")).toBeVisible();
  });

  it("loads further pages by the cursor and keeps the ones before", async () => {
    const came = answers("get", "/api/audit", (request) =>
      new URL(request.url).searchParams.has("cursor")
        ? { items: [entry(6, { action: "session.opened" })], nextCursor: null }
        : { items: [entry(7)], nextCursor: "c7" },
    );
    const { user } = page();
    await user.click(await screen.findByRole("button", { name: "Load more" }));
    expect(await screen.findByText("Signed in")).toBeVisible();
    expect(screen.getByText("Role changed")).toBeVisible();
    expect(asked(came.at(-1))).toMatchObject({ cursor: "c7" });
    expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
  });

  it("keeps its filters in the address, asks with them, and exports what they show", async () => {
    const came = answers("get", "/api/audit", { items: [], nextCursor: null });
    const { user, router } = page("/audit?target=member%3A42&since=2026-11-25T10%3A00%3A00.000Z");
    expect(await screen.findByText("Nothing was recorded that fits these filters.")).toBeVisible();
    expect(asked(came[0])).toMatchObject({ targetType: "member", targetId: "42", since: "2026-11-25T10:00:00.000Z" });
    expect(screen.getByLabelText("Since (UTC)")).toHaveValue("2026-11-25T10:00");
    await user.type(screen.getByLabelText("Who"), "ada@example.com{Enter}");
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({ actor: "ada@example.com", target: "member:42" }),
    );
    await waitFor(() => expect(asked(came.at(-1))).toMatchObject({ actor: "ada@example.com" }));
    const link = screen.getByRole("link", { name: "Export CSV" });
    expect(link).toHaveAttribute("href", expect.stringMatching(/^\/api\/audit\/export\?format=csv&.*actor=ada%40/));
    await user.click(screen.getByRole("button", { name: "Show all entries" }));
    await waitFor(() => expect(router.state.location.search).toEqual({}));
    expect(screen.getByLabelText("Who")).toHaveValue("");
  });

  it("opens an entry with all of it, by its address", async () => {
    answers("get", "/api/audit", { items: [entry(7)], nextCursor: null });
    const { user, router } = page();
    await user.click(await screen.findByRole("button", { name: "Open entry 7, Role changed" }));
    const drawer = await screen.findByRole("dialog");
    expect(within(drawer).getByText("hash-7")).toBeVisible();
    expect(router.state.location.search).toMatchObject({ entry: 7 });
    await user.click(within(drawer).getByRole("button", { name: "All on this target" }));
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ target: "user:0d7e4f5a-2f64-4b0e-9d0c-1f1f0b8a1c09" }),
    );
  });

  it("shows what hosts and users wrote as text", async () => {
    const hostile = "<img src=x onerror=1>";
    answers("get", "/api/audit", {
      items: [entry(7, { actor: { kind: "token", id: null, name: hostile }, details: { name: "n".repeat(253) } })],
      nextCursor: null,
    });
    page();
    expect(await screen.findByText(hostile)).toBeVisible();
    expect(screen.getByText(/n{253}/)).toBeVisible();
    expect(document.querySelector("img")).toBeNull();
  });

  it("says who may read it to somebody who may not, without asking the server", async () => {
    page("/audit", meOf({ role: "operator" }));
    expect(await screen.findByText(/needs the role admin; you are operator/)).toBeVisible();
  });

  it("shows a refusal with its code and a way to try again", async () => {
    refuses("get", "/api/audit", {
      status: 503,
      code: "database_unavailable",
      detail: "The database does not answer.",
    });
    page();
    expect(await screen.findByText("The database does not answer.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
  });
});
