import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import type { Me } from "../../api/session";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { TeamPage } from "./TeamPage";

const bob = { ...meOf().user, id: "0d7e4f5a-2f64-4b0e-9d0c-1f1f0b8a1c09", email: "bob@example.com", role: "viewer" };

async function page(me: Me = meOf()) {
  const shown = show(<TeamPage />);
  shown.client.setQueryData(keys.me, me);
  await screen.findByText("bob@example.com");
  return shown;
}

beforeEach(() => {
  answers("get", "/api/users", { items: [meOf().user, bob], nextCursor: null });
});

describe("the team page", () => {
  it("shows the invitation's link once where no mail is sent, until it is stored", async () => {
    const { user } = await page();
    const made = { ...bob, id: "x", email: "eve@example.com", invited: true };
    const came = answers("post", "/api/users", { user: made, inviteToken: "tok/en" }, 201);
    await user.click(screen.getByRole("button", { name: "Invite somebody" }));
    await user.type(await screen.findByLabelText("E-mail"), "eve@example.com");
    await user.click(screen.getByLabelText("Operator"));
    await user.click(screen.getByRole("button", { name: "Invite" }));
    expect(await screen.findByText(/\/app\/reset\?token=tok%2Fen&email=eve%40example.com$/)).toBeVisible();
    expect(await came[0]?.json()).toEqual({ email: "eve@example.com", role: "operator" });
    expect(screen.getByRole("button", { name: "Done" })).toBeDisabled();
    await user.click(screen.getByLabelText(/I have stored it/));
    await user.click(screen.getByRole("button", { name: "Done" }));
    await waitFor(() => expect(screen.queryByText(/token=/)).toBeNull());
  });

  it("shows a taken address at its field", async () => {
    const { user } = await page();
    refuses("post", "/api/users", {
      status: 409,
      code: "email_taken",
      detail: "Taken.",
      errors: { email: ["This address has a user already."] },
    });
    await user.click(screen.getByRole("button", { name: "Invite somebody" }));
    await user.type(await screen.findByLabelText("E-mail"), "bob@example.com");
    await user.click(screen.getByRole("button", { name: "Invite" }));
    expect(await screen.findByText("This address has a user already.")).toBeVisible();
  });

  it("changes a role after it said before and after", async () => {
    const { user } = await page();
    const came = answers("patch", "/api/users/:id", { ...bob, role: "admin" });
    await user.click(screen.getByRole("button", { name: "Change role of bob@example.com" }));
    await user.click(await screen.findByLabelText("Admin"));
    expect(screen.getByText(/Before: Viewer\. After:/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Make admin" }));
    await waitFor(() => expect(came).toHaveLength(1));
    expect(await came[0]?.json()).toEqual({ role: "admin" });
  });

  it("keeps the last owner, in the server's sentence", async () => {
    const { user } = await page();
    const came = refuses("delete", "/api/users/:id", {
      status: 409,
      code: "last_owner",
      detail: "The account needs an owner: make somebody else owner first.",
    });
    await user.click(screen.getByRole("button", { name: "Remove ada@example.com" }));
    const dialog = await screen.findByRole("dialog");
    const remove = within(dialog).getByRole("button", { name: "Remove the user" });
    expect(remove).toBeDisabled();
    await user.type(within(dialog).getByRole("textbox"), "ada@example.com{Enter}");
    expect(came).toHaveLength(0);
    await user.click(remove);
    expect(await within(dialog).findByRole("alert")).toHaveTextContent("The account needs an owner");
  });

  it("lets an admin give no role above their own and touch no owner", async () => {
    const { user } = await page(meOf({ role: "admin" }));
    expect(screen.getByRole("button", { name: "Remove ada@example.com" })).toHaveAccessibleDescription(
      "Only an owner may change an owner.",
    );
    await user.click(screen.getByRole("button", { name: "Change role of bob@example.com" }));
    expect(await screen.findByLabelText("Owner")).toBeDisabled();
    expect(screen.getByText("You are admin, and owner is above that.")).toBeVisible();
  });

  it("shows a hostile address as text", async () => {
    const hostile = `${"a".repeat(200)}<img src=x onerror=1>@example.com`;
    answers("get", "/api/users", { items: [bob, { ...bob, id: "h", email: hostile }], nextCursor: null });
    await page();
    expect(await screen.findByText(hostile)).toBeVisible();
    expect(document.querySelector("img")).toBeNull();
  });
});
