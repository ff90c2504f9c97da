import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { keys } from "../../api/keys";
import { meOf } from "../../testing/me";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { LoginPage } from "./LoginPage";
import { registration } from "./testing";

const LOGIN = "/api/auth/login";

beforeEach(() => {
  answers("get", "/api/auth/registration", registration());
});

async function fill(user: ReturnType<typeof show>["user"]) {
  await user.type(await screen.findByLabelText("E-mail"), " ada@example.com ");
  await user.type(screen.getByLabelText("Password"), "seven green lamps hum");
}
const submit = () => screen.getByRole("button", { name: "Sign in" });

describe("the sign-in page", () => {
  it("signs in, forgets what an earlier person left, and goes to the page that was asked for", async () => {
    const came = answers("post", LOGIN, meOf());
    const { user, client, router } = show(<LoginPage />, {
      path: "/login",
      at: "/login?next=%2Fpools%2F7%3Fadd%3Dtrue",
    });
    client.setQueryData(["pools"], "of somebody else");
    await fill(user);
    await user.click(submit());
    expect(await screen.findByText("another page")).toBeVisible();
    expect(router.state.location.href).toBe("/pools/7?add=true");
    expect(await came[0]?.json()).toEqual({ email: "ada@example.com", password: "seven green lamps hum" });
    expect(client.getQueryData(["pools"])).toBeUndefined();
    expect(client.getQueryData(keys.me)).toMatchObject({ user: { email: "ada@example.com" } });
  });

  it("never follows an address to another origin", async () => {
    answers("post", LOGIN, meOf());
    const { user, router } = show(<LoginPage />, { path: "/login", at: "/login?next=%2F%2Fevil.example" });
    await fill(user);
    await user.click(submit());
    await screen.findByText("another page");
    expect(router.state.location.href).toBe("/fleet");
  });

  it("is one form that a password manager knows", async () => {
    show(<LoginPage />);
    const email = await screen.findByLabelText("E-mail");
    const password = screen.getByLabelText("Password");
    expect(email).toHaveAttribute("autocomplete", "username");
    expect(password).toHaveAttribute("autocomplete", "current-password");
    expect(email.closest("form")).toBe(password.closest("form"));
  });

  it("asks for a code when the server wants one, and keeps what was typed", async () => {
    refuses("post", LOGIN, { status: 401, code: "totp_required", detail: "Send the six digits." });
    const { user } = show(<LoginPage />);
    await fill(user);
    await user.click(submit());
    const code = await screen.findByLabelText("Code of the authenticator app");
    expect(code).toHaveFocus();
    expect(code).toHaveAttribute("autocomplete", "one-time-code");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByLabelText("Password")).toHaveValue("seven green lamps hum");

    refuses("post", LOGIN, { status: 401, code: "totp_wrong", detail: "The code is not right." });
    await user.type(code, "111 111");
    await user.click(submit());
    expect(await screen.findByText("The code is not right.")).toBeVisible();
    expect(code).toHaveAccessibleDescription(/The code is not right/);

    const came = answers("post", LOGIN, meOf());
    await user.clear(code);
    await user.type(code, "123 456");
    await user.click(submit());
    await screen.findByText("another page");
    expect(await came[0]?.json()).toMatchObject({ code: "123456" });
  });

  it("takes a recovery code instead", async () => {
    refuses("post", LOGIN, { status: 401, code: "totp_required", detail: "Send the six digits." });
    const { user } = show(<LoginPage />);
    await fill(user);
    await user.click(submit());
    await user.click(await screen.findByRole("button", { name: "Use a recovery code instead" }));
    const field = screen.getByLabelText("Recovery code");
    await waitFor(() => expect(field).toHaveFocus());
    const came = answers("post", LOGIN, meOf());
    await user.type(field, " k3f2-a7qd-mm4x-2xyz ");
    await user.click(submit());
    await screen.findByText("another page");
    const sent = await came[0]?.json();
    expect(sent).toMatchObject({ recoveryCode: "k3f2-a7qd-mm4x-2xyz" });
    expect(sent).not.toHaveProperty("code");
  });

  it("says which of address and password is not told, in the server's sentence", async () => {
    refuses("post", LOGIN, {
      status: 401,
      code: "credentials_wrong",
      detail: "The e-mail address or the password is not right.",
    });
    const { user } = show(<LoginPage />);
    await fill(user);
    await user.click(submit());
    expect(await screen.findByRole("alert")).toHaveTextContent("The e-mail address or the password is not right.");
    expect(submit()).toBeEnabled();
  });

  it("waits as long as the server asks after too many attempts", async () => {
    const came = refuses("post", LOGIN, {
      status: 429,
      code: "too_many_attempts",
      detail: "Too many attempts: wait 2 seconds and try again.",
      retryAfterSec: 2,
    });
    const { user } = show(<LoginPage />);
    await fill(user);
    await user.click(submit());
    expect(await screen.findByRole("button", { name: /Try again in [12] s/ })).toBeDisabled();
    await user.type(screen.getByLabelText("Password"), "{Enter}");
    expect(came).toHaveLength(1);
    await waitFor(() => expect(submit()).toBeEnabled(), { timeout: 4000 });
  });

  it("offers what the installation allows", async () => {
    answers("get", "/api/auth/registration", registration({ open: false, brand: "<img src=x onerror=1>" }));
    show(<LoginPage />);
    expect(await screen.findByText("<img src=x onerror=1>")).toBeVisible();
    expect(screen.queryByRole("link", { name: "Register" })).toBeNull();
  });
});
