import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { RegisterPage } from "./RegisterPage";
import { registration } from "./testing";

const REGISTER = "/api/auth/register";

describe("the registration page", () => {
  it("asks the first user for the token of the console and says where it was printed", async () => {
    answers("get", "/api/auth/registration", registration({ setupRequired: true }));
    const came = answers("post", REGISTER, meOf(), 201);
    const { user } = show(<RegisterPage />);
    expect(await screen.findByRole("heading", { name: "Set up this installation" })).toBeVisible();
    await user.type(await screen.findByLabelText("Set-up token"), "t0ken");
    expect(screen.getByText(/The console printed a/)).toBeVisible();
    await user.type(screen.getByLabelText("Account name"), "Example Hosting");
    await user.type(screen.getByLabelText("E-mail"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "seven green lamps hum");
    await user.click(screen.getByRole("button", { name: "Set up and sign in" }));
    expect(await screen.findByText("another page")).toBeVisible();
    expect(await came[0]?.json()).toEqual({
      setupToken: "t0ken",
      accountName: "Example Hosting",
      email: "ada@example.com",
      password: "seven green lamps hum",
    });
  });

  it("shows a wrong token at its field", async () => {
    answers("get", "/api/auth/registration", registration({ setupRequired: true }));
    refuses("post", REGISTER, { status: 403, code: "setup_token_wrong", detail: "The set-up token is not right." });
    const { user } = show(<RegisterPage />);
    await user.type(await screen.findByLabelText("Set-up token"), "old");
    await user.type(screen.getByLabelText("E-mail"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "seven green lamps hum");
    await user.click(screen.getByRole("button", { name: "Set up and sign in" }));
    expect(await screen.findByText("The set-up token is not right.")).toBeVisible();
    expect(screen.getByLabelText("Set-up token")).toHaveFocus();
  });

  it("stops a short password before it is sent, with the focus on it", async () => {
    answers("get", "/api/auth/registration", registration());
    const { user } = show(<RegisterPage />);
    await user.type(await screen.findByLabelText("E-mail"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "short");
    await user.click(screen.getByRole("button", { name: "Register" }));
    expect(await screen.findByText("Use 12 characters or more; this one has 5.")).toBeVisible();
    await waitFor(() => expect(screen.getByLabelText("Password")).toHaveFocus());
    expect(screen.queryByLabelText("Set-up token")).toBeNull();
  });

  it("shows a taken address at its field", async () => {
    answers("get", "/api/auth/registration", registration());
    refuses("post", REGISTER, {
      status: 409,
      code: "email_taken",
      detail: "That e-mail address has a user already.",
      errors: { email: ["This address has a user already."] },
    });
    const { user } = show(<RegisterPage />);
    await user.type(await screen.findByLabelText("E-mail"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "seven green lamps hum");
    await user.click(screen.getByRole("button", { name: "Register" }));
    expect(await screen.findByText("This address has a user already.")).toBeVisible();
  });

  it("says that registration is closed and who can help", async () => {
    answers("get", "/api/auth/registration", registration({ open: false }));
    show(<RegisterPage />);
    expect(await screen.findByRole("heading", { name: "Registration is closed" })).toBeVisible();
    expect(screen.getByText(/Ask an owner of an account to invite you/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Register" })).toBeNull();
  });
});
