import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { Suspense, useState } from "react";
import { expect, test } from "vitest";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { Me } from "../../api/session";
import { setCsrfToken } from "../../api/transport";
import { show } from "../../testing/render";
import { answers, refuses, server } from "../../testing/server";
import Gates from "./Gates";
import { useGates } from "./useGates";

const me = { user: { email: "ops@example.com", totpEnabled: false }, role: "owner", csrfToken: "new" } as unknown as Me;

/** A page with a field and a button that saves; the dialogs lie over it as they do over every page. */
function Page() {
  const gates = useGates();
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const save = () =>
    take(api.POST("/api/pools", { body: { name: text, template: "haproxy" } })).then(
      () => setSaid("saved"),
      (error: Error) => setSaid(error.message),
    );
  return (
    <Suspense fallback={null}>
      <input aria-label="Name" value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <button type="button" onClick={() => void save()}>
        Save
      </button>
      <output>{said}</output>
      {gates.asks !== null && <Gates state={gates} onSignOut={() => undefined} />}
    </Suspense>
  );
}

function open() {
  setCsrfToken("old");
  const shown = show(<Page />);
  shown.client.setQueryData(keys.me, me);
  server.use(
    http.post("*/api/pools", ({ request }) =>
      request.headers.get("X-CSRF-Token") === "new"
        ? HttpResponse.json({ id: "p" }, { status: 201 })
        : HttpResponse.json({ code: "not_signed_in", detail: "Sign in." }, { status: 401 }),
    ),
  );
  return shown;
}

test("a session that ends in mid-work keeps what was typed and then goes on", async () => {
  const { user } = open();
  answers("post", "/api/auth/login", me as never);
  await user.type(await screen.findByLabelText("Name"), "production-edge");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const dialog = await screen.findByRole("dialog", { name: "Your session has ended" });
  expect(dialog).toHaveTextContent("Nothing that you typed is lost");
  await user.type(screen.getByLabelText(/Password/), "seven green lamps hum");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("saved")).toBeInTheDocument();
  expect(screen.getByLabelText("Name")).toHaveValue("production-edge");
});

test("a wrong password stays in the dialog, and closing it leaves the refusal on the page", async () => {
  const { user } = open();
  refuses("post", "/api/auth/login", { status: 401, code: "credentials_wrong", detail: "The password is not right." });
  await user.click(await screen.findByRole("button", { name: "Save" }));
  await user.type(await screen.findByLabelText(/Password/), "wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("The password is not right.")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  expect(await screen.findByText("Sign in.")).toBeInTheDocument();
});

test("who has sign-in codes on is asked for one", async () => {
  const { user } = open();
  refuses("post", "/api/auth/login", { status: 401, code: "totp_required", detail: "Send the six digits." });
  await user.click(await screen.findByRole("button", { name: "Save" }));
  await user.type(await screen.findByLabelText(/Password/), "right");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  const logins = answers("post", "/api/auth/login", me as never);
  await user.type(await screen.findByLabelText(/authenticator/), "123456");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("saved")).toBeInTheDocument();
  expect(await logins[0]?.json()).toMatchObject({ code: "123456" });
});

test("a recovery code will do where the app is lost", async () => {
  const { user } = open();
  refuses("post", "/api/auth/login", { status: 401, code: "totp_required", detail: "Send the six digits." });
  await user.click(await screen.findByRole("button", { name: "Save" }));
  await user.type(await screen.findByLabelText(/Password/), "right");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  const logins = answers("post", "/api/auth/login", me as never);
  await user.type(await screen.findByLabelText(/authenticator/), "k3f2-a7qd-mm4x-2xyz");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("saved")).toBeInTheDocument();
  expect(await logins[0]?.json()).toMatchObject({ recoveryCode: "k3f2-a7qd-mm4x-2xyz" });
});
