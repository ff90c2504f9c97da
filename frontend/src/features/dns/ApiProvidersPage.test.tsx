import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { ApiProvidersPage } from "./ApiProvidersPage";
import { CLOUDFLARE, POWERDNS, providerKey } from "./fixtures";

const AT = "/settings/api-providers";

function page(items: object[], at = AT) {
  answers("get", "/api/provider-kinds", { items: [CLOUDFLARE, POWERDNS] });
  answers("get", "/api/provider-credentials", { items, nextCursor: null });
  return show(<ApiProvidersPage />, { path: AT, at });
}

test("a key says what it is for, who uses it, how its secret ends and what its provider said", async () => {
  page([
    providerKey({
      isGlobal: true,
      usedBy: ["edge", "api"],
      testedAt: "2026-11-25T18:00:00Z",
      testReport: {
        ok: true,
        detail: "The token may edit DNS.",
        fix: "",
        zones: ["example.com"],
        permissions: [],
        expiresAt: null,
      },
    }),
  ]);
  const card = await screen.findByRole("article", { name: "Main account" });
  for (const text of ["DNS only", "Global", "edge, api"]) expect(within(card).getByText(text)).toBeVisible();
  expect(within(card).getByText(/•••• 9f3c/)).toBeVisible();
  expect(within(card).getByText(/Works. The token may edit DNS./)).toBeVisible();
  expect(within(card).getByText(/sees 1 zone/)).toBeVisible();
});

test("without a key there is one sentence and one button", async () => {
  const { user } = page([]);
  await user.click(await screen.findByRole("button", { name: "Add key" }));
  expect(await screen.findByRole("dialog", { name: "Add an API provider key" })).toBeVisible();
});

test("a new key is sent with the fields of its provider alone", async () => {
  const { user } = page([], `${AT}?add=true`);
  const came = answers("post", "/api/provider-credentials", providerKey({ name: "Lab" }), 201);
  await user.type(await screen.findByLabelText(/^Name/), "Lab");
  await user.type(screen.getByLabelText(/API token/), "secret-token-value");
  await user.click(screen.getByRole("button", { name: "Save key" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({
    kind: "cloudflare",
    name: "Lab",
    scope: "dns",
    apiToken: "secret-token-value",
  });
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

test("an empty form names what is needed and sends nothing", async () => {
  const { user } = page([], `${AT}?add=true`);
  const came = answers("post", "/api/provider-credentials", {}, 201);
  await user.click(await screen.findByRole("button", { name: "Save key" }));
  expect(await screen.findByText("API token is needed.")).toBeVisible();
  expect(screen.getByText(/Give the key a name/)).toBeVisible();
  await waitFor(() => expect(screen.getByLabelText(/^Name/)).toHaveFocus());
  expect(came).toHaveLength(0);
});

test("what the server refuses stands at its field", async () => {
  const { user } = page([], `${AT}?add=true`);
  refuses("post", "/api/provider-credentials", {
    status: 409,
    code: "provider_credential_exists",
    detail: "There is already a key named 'Lab'. Choose another name.",
    errors: { name: ["Already used."] },
  });
  await user.type(await screen.findByLabelText(/^Name/), "Lab");
  await user.type(screen.getByLabelText(/API token/), "secret-token-value");
  await user.click(screen.getByRole("button", { name: "Save key" }));
  expect(await screen.findByText("Already used.")).toBeVisible();
  expect(screen.getByLabelText(/^Name/)).toHaveFocus();
});

test("a rotation whose test fails keeps the old secret until somebody insists", async () => {
  const { user } = page([providerKey()], `${AT}?key=k1&do=rotate`);
  refuses("post", "/api/provider-credentials/k1/rotate", {
    status: 422,
    code: "provider_credential_rejected",
    detail: "The old secret stays, because the new one failed: Invalid token.",
  });
  await user.type(await screen.findByLabelText(/API token/), "new-secret-value");
  await user.click(screen.getByRole("button", { name: "Test and rotate" }));
  expect(await screen.findByText(/The old secret stays/)).toBeVisible();
  const came = answers("post", "/api/provider-credentials/k1/rotate", providerKey());
  await user.click(screen.getByLabelText("Save it although the test failed"));
  await user.click(screen.getByRole("button", { name: "Save the untested secret" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ apiToken: "new-secret-value", force: true });
});

test("a key in use names its pools and is not deleted", async () => {
  page([providerKey({ usedBy: ["edge"] })], `${AT}?key=k1&do=delete`);
  expect(await screen.findByText("edge uses this key. Link this pool to another key first.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Delete key" })).toBeDisabled();
});

test("a key is deleted after its name is typed", async () => {
  const { user } = page([providerKey()], `${AT}?key=k1&do=delete`);
  const came = answers("delete", "/api/provider-credentials/k1", null, 204);
  const button = await screen.findByRole("button", { name: "Delete key" });
  expect(button).toBeDisabled();
  await user.type(screen.getByLabelText(/to confirm/), "Main account{Enter}");
  expect(came).toHaveLength(0);
  await user.click(button);
  await waitFor(() => expect(came).toHaveLength(1));
});

test("an edit sends what was changed and nothing else", async () => {
  const { user } = page([providerKey()], `${AT}?key=k1&do=edit`);
  const came = answers("patch", "/api/provider-credentials/k1", providerKey({ name: "Other" }));
  const name = await screen.findByLabelText(/^Name/);
  await user.clear(name);
  await user.type(name, "Other");
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ name: "Other" });
});

test("a failed test says so in words, with the fix", async () => {
  const { user } = page([providerKey()]);
  refuses("post", "/api/provider-credentials/k1/test", {
    status: 503,
    code: "dns_provider_unavailable",
    detail: "Cloudflare does not answer.",
  });
  await user.click(await screen.findByRole("button", { name: "Test now" }));
  expect(await screen.findByText("Cloudflare does not answer.")).toBeVisible();
});

test("a hostile name is text", async () => {
  const name = `<img src=x onerror=1>${"a".repeat(90)}`;
  page([providerKey({ name })]);
  expect(await screen.findByRole("heading", { name })).toBeVisible();
  expect(document.querySelector("img")).toBeNull();
});

test("the zones of a key can be searched", async () => {
  const { user } = page([providerKey()], `${AT}?key=k1&do=zones`);
  answers("get", "/api/provider-credentials/k1/zones", {
    items: [
      { name: "example.com", status: "active" },
      { name: "example.org", status: "pending" },
    ],
  });
  const list = await screen.findByRole("list", { name: "Zones" });
  expect(within(list).getAllByRole("listitem")).toHaveLength(2);
  await user.type(screen.getByRole("textbox", { name: "Find a zone" }), "ORG");
  expect(within(list).getAllByRole("listitem")).toHaveLength(1);
  expect(within(list).getByText("pending")).toBeVisible();
});
