import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { ResetPage } from "./ResetPage";
import { registration } from "./testing";

const CONFIRM = "/api/auth/reset/confirm";

describe("the reset page", () => {
  it("sends a link and does not tell whether the address is known", async () => {
    answers("get", "/api/auth/registration", registration());
    const came = answers("post", "/api/auth/reset", null, 202);
    const { user } = show(<ResetPage />);
    await user.type(await screen.findByLabelText("E-mail"), "ada@example.com");
    await user.click(screen.getByRole("button", { name: "Send the link" }));
    expect(await screen.findByText(/has a user here, a link is on its way/)).toBeVisible();
    expect(await came[0]?.json()).toEqual({ email: "ada@example.com" });
  });

  it("says what to do where no mail can be sent", async () => {
    answers("get", "/api/auth/registration", registration({ mail: false }));
    show(<ResetPage />);
    expect(await screen.findByText(/cannot send mail/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Send the link" })).toBeNull();
  });

  it("sets the password with the token of the link", async () => {
    answers("get", "/api/auth/registration", registration());
    const came = answers("post", CONFIRM, null, 204);
    const { user } = show(<ResetPage />, { path: "/reset", at: "/reset?token=abc123" });
    await user.type(await screen.findByLabelText("New password"), "seven green lamps hum");
    await user.click(screen.getByRole("button", { name: "Save the password" }));
    expect(await screen.findByText(/Your password is set/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/login");
    expect(await came[0]?.json()).toEqual({ token: "abc123", password: "seven green lamps hum" });
  });

  it("offers a new link when this one is spent", async () => {
    answers("get", "/api/auth/registration", registration());
    refuses("post", CONFIRM, {
      status: 422,
      code: "reset_token_spent",
      detail: "The link was used already or is too old: ask for a new one.",
      errors: { token: ["Ask for a new link."] },
    });
    const { user } = show(<ResetPage />, { path: "/reset", at: "/reset?token=abc123" });
    await user.type(await screen.findByLabelText("New password"), "seven green lamps hum");
    await user.click(screen.getByRole("button", { name: "Save the password" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The link was used already or is too old");
    expect(screen.getByRole("link", { name: "Ask for a new link" })).toHaveAttribute("href", "/reset");
  });

  it("shows a password that everybody tries first at its field", async () => {
    answers("get", "/api/auth/registration", registration());
    refuses("post", CONFIRM, {
      status: 422,
      code: "password_weak",
      detail: "That password is too common.",
      errors: { password: ["Too many people use this one."] },
    });
    const { user } = show(<ResetPage />, { path: "/reset", at: "/reset?token=abc123" });
    await user.type(await screen.findByLabelText("New password"), "passwordpassword");
    await user.click(screen.getByRole("button", { name: "Save the password" }));
    expect(await screen.findByText("Too many people use this one.")).toBeVisible();
  });
});
