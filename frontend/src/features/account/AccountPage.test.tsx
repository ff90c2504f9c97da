import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import type { Me } from "../../api/session";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { AccountPage } from "./AccountPage";

const session = (given: object = {}) => ({
  id: "5b1f6f0e-0000-4000-8000-000000000001",
  createdAt: "2026-11-25T10:00:00Z",
  seenAt: "2026-11-25T11:00:00Z",
  address: "203.0.113.9",
  userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  current: true,
  ...given,
});

async function page(me: Me = meOf()) {
  answers("get", "/api/auth/me", me);
  const shown = show(<AccountPage />);
  shown.client.setQueryData(keys.me, me);
  await screen.findByLabelText("Name");
  return shown;
}

beforeEach(() => {
  answers("get", "/api/auth/totp", { enabled: false, recoveryCodesLeft: 0 });
  answers("get", "/api/auth/sessions", { items: [session()], nextCursor: null });
});

describe("the account page", () => {
  it("saves name, alert address and team inboxes", async () => {
    const { user, client } = await page();
    const came = answers("patch", "/api/account", { ...meOf().account, name: "Example & Sons" });
    await user.clear(screen.getByLabelText("Name"));
    await user.type(screen.getByLabelText("Name"), "Example & Sons");
    await user.type(screen.getByLabelText("Team inboxes", { selector: "input" }), "noc@example.com{Enter}");
    await user.click(screen.getByRole("button", { name: "Save the account" }));
    expect(await screen.findAllByText("The account is saved.")).not.toHaveLength(0);
    expect(await came[0]?.json()).toEqual({
      name: "Example & Sons",
      alertEmail: "ada@example.com",
      teamInboxes: ["noc@example.com"],
    });
    expect(client.getQueryData<Me>(keys.me)?.account.name).toBe("Example & Sons");
  });

  it("shows a wrong alert address at its field", async () => {
    const { user } = await page();
    refuses("patch", "/api/account", {
      status: 422,
      code: "email_invalid",
      detail: "That is not an e-mail address.",
      errors: { alertEmail: ["Use an address like name@example.com."] },
    });
    await user.type(screen.getByLabelText("Alert e-mail"), "@@");
    await user.click(screen.getByRole("button", { name: "Save the account" }));
    expect(await screen.findByText("Use an address like name@example.com.")).toBeVisible();
    expect(screen.queryByText("email_invalid")).toBeNull();
  });

  it("says to a viewer why the account cannot be changed", async () => {
    await page(meOf({ role: "viewer" }));
    expect(screen.getByRole("button", { name: "Save the account" })).toHaveAccessibleDescription(
      /needs the role admin/,
    );
  });

  it("changes the password, and shows a wrong present one at its field", async () => {
    const { user } = await page();
    refuses("post", "/api/auth/password", { status: 401, code: "credentials_wrong", detail: "Not right." });
    await user.type(screen.getByLabelText("Present password"), "wrong");
    await user.type(screen.getByLabelText("New password"), "seven green lamps hum");
    await user.click(screen.getByRole("button", { name: "Change the password" }));
    expect(await screen.findByText("That is not your present password.")).toBeVisible();
    const came = answers("post", "/api/auth/password", null, 204);
    await user.clear(screen.getByLabelText("Present password"));
    await user.type(screen.getByLabelText("Present password"), "right one");
    await user.click(screen.getByRole("button", { name: "Change the password" }));
    await waitFor(() => expect(screen.getByLabelText("New password")).toHaveValue(""));
    expect(await came[0]?.json()).toEqual({ currentPassword: "right one", newPassword: "seven green lamps hum" });
  });

  it("sets up sign-in codes and lets the recovery codes go only when they are stored", async () => {
    const { user, client } = await page();
    answers("post", "/api/auth/totp", { secret: "JBSWY3DPEHPK3PXP", otpauthUri: "otpauth://totp/x?secret=JBSW" }, 201);
    await user.click(await screen.findByRole("button", { name: "Set up sign-in codes" }));
    const dialog = await screen.findByRole("dialog");
    expect(
      within(dialog)
        .getByRole("img", { name: /QR code/ })
        .querySelector("path")
        ?.getAttribute("d"),
    ).toMatch(/^M/);
    expect(within(dialog).getByText(/JBSW Y3DP EHPK 3PXP/)).toBeVisible();

    refuses("put", "/api/auth/totp", { status: 401, code: "totp_wrong", detail: "The code is not right." });
    await user.type(within(dialog).getByLabelText("Code of the authenticator app"), "111111");
    await user.click(within(dialog).getByRole("button", { name: "Turn codes on" }));
    expect(await within(dialog).findByText("The code is not right.")).toBeVisible();

    answers("put", "/api/auth/totp", { recoveryCodes: ["aaaa-bbbb", "cccc-dddd"] });
    await user.click(within(dialog).getByRole("button", { name: "Turn codes on" }));
    expect(await screen.findByText("aaaa-bbbb")).toBeVisible();
    const done = screen.getByRole("button", { name: "Done" });
    expect(done).toBeDisabled();
    await user.keyboard("{Escape}");
    expect(screen.getByText("aaaa-bbbb")).toBeVisible();
    await user.click(screen.getByLabelText(/I have stored them/));
    await user.click(done);
    await waitFor(() => expect(screen.queryByText("aaaa-bbbb")).toBeNull());
    expect(client.getQueryData<Me>(keys.me)?.user.totpEnabled).toBe(true);
  });

  it("asks before codes are turned off", async () => {
    answers("get", "/api/auth/totp", { enabled: true, recoveryCodesLeft: 1 });
    const { user } = await page();
    expect(await screen.findByText(/1 recovery code left/)).toBeVisible();
    const came = answers("delete", "/api/auth/totp", null, 204);
    await user.click(screen.getByRole("button", { name: "Turn codes off" }));
    const dialog = await screen.findByRole("dialog");
    expect(came).toHaveLength(0);
    await user.click(within(dialog).getByRole("button", { name: "Turn codes off" }));
    await waitFor(() => expect(came).toHaveLength(1));
  });

  it("signs another browser out, and offers no button for this one", async () => {
    const other = session({ id: "5b1f6f0e-0000-4000-8000-000000000002", current: false, address: null, userAgent: "" });
    answers("get", "/api/auth/sessions", { items: [session(), other], nextCursor: null });
    const { user } = await page();
    expect(await screen.findByText("Firefox on Linux")).toBeVisible();
    const came = answers("delete", "/api/auth/sessions/:id", null, 204);
    const buttons = screen.getAllByRole("button", { name: /^Sign out/ });
    expect(buttons).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Sign out Unknown browser" }));
    await waitFor(() => expect(came[0]?.url).toContain("000000000002"));
  });
});
