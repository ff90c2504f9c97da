import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers } from "../../testing/server";
import { TokensPage } from "./TokensPage";

const token = {
  id: "7d7e4f5a-2f64-4b0e-9d0c-1f1f0b8a1c09",
  name: "deploy pipeline",
  prefix: "sctl_ab12cd34_",
  scopes: ["jobs:read", "pools:write"],
  userId: meOf().user.id,
  createdAt: "2026-11-01T08:00:00Z",
  expiresAt: null,
  lastUsedAt: null,
};

beforeEach(() => {
  answers("get", "/api/auth/scopes", {
    items: ["*", "audit:read", "jobs:read", "jobs:write", "pools:read", "pools:write"],
  });
});

function page(items: object[]) {
  answers("get", "/api/auth/tokens", { items, nextCursor: null });
  const shown = show(<TokensPage />);
  shown.client.setQueryData(keys.me, meOf());
  return shown;
}

describe("the tokens page", () => {
  it("makes a token with the chosen areas and shows it until it is stored", async () => {
    const { user } = page([]);
    await user.click(await screen.findByRole("button", { name: "New API token" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Make the token" }));
    expect(await within(dialog).findByText("Name the token for what uses it.")).toBeVisible();
    expect(within(dialog).getByText("Choose at least one area, or everything.")).toBeVisible();

    const came = answers("post", "/api/auth/tokens", { item: token, token: "sctl_ab12cd34_SECRET" }, 201);
    await user.type(within(dialog).getByLabelText("Name"), "deploy pipeline");
    expect(within(dialog).queryByLabelText("Audit trail: Write")).toBeNull();
    await user.click(await within(dialog).findByLabelText("Pools: Write"));
    await user.click(within(dialog).getByLabelText("Jobs: Read"));
    await user.click(within(dialog).getByRole("button", { name: "Make the token" }));
    expect(await screen.findByText("sctl_ab12cd34_SECRET")).toBeVisible();
    const sent = (await came[0]?.json()) as { scopes: string[]; expiresAt: string };
    expect(sent.scopes).toEqual(["jobs:read", "pools:write"]);
    const days = (Date.parse(sent.expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);

    await user.keyboard("{Escape}");
    expect(screen.getByText("sctl_ab12cd34_SECRET")).toBeVisible();
    await user.click(screen.getByLabelText(/I have stored it/));
    await user.click(screen.getByRole("button", { name: "Done" }));
    await waitFor(() => expect(document.body.textContent).not.toContain("SECRET"));
  });

  it("asks for everything as one scope", async () => {
    const { user } = page([]);
    const came = answers("post", "/api/auth/tokens", { item: token, token: "sctl_x_y" }, 201);
    await user.click(await screen.findByRole("button", { name: "New API token" }));
    await user.type(await screen.findByLabelText("Name"), "all");
    await user.click(screen.getByLabelText("Everything that I may"));
    await user.click(screen.getByRole("button", { name: "Make the token" }));
    await screen.findByText("sctl_x_y");
    expect(await came[0]?.json()).toMatchObject({ scopes: ["*"] });
  });

  it("revokes after it asked", async () => {
    const { user } = page([token]);
    const came = answers("delete", "/api/auth/tokens/:id", null, 204);
    expect(await screen.findByText("pools:write")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Revoke deploy pipeline" }));
    expect(came).toHaveLength(0);
    await user.click(await screen.findByRole("button", { name: "Revoke the token" }));
    await waitFor(() => expect(came[0]?.url).toContain(token.id));
  });
});
