import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { MemberSettingsPage } from "./MemberSettingsPage";
import { MEMBER, member, overview, POOL } from "./testing";

const path = "/pools/$pool/members/$member/settings";
const at = `/pools/${POOL}/members/${MEMBER}/settings`;

function open(given = {}) {
  answers("get", `/api/pools/${POOL}/overview`, overview([member(given)]));
  answers("get", `/api/members/${MEMBER}`, member(given));
  return show(<MemberSettingsPage />, { path, at });
}

it("asks before it shuts out the address in use, and then says so to the server", async () => {
  const { user } = open();
  refuses("patch", `/api/members/${MEMBER}`, {
    status: 409,
    code: "live_source_excluded",
    detail: "It speaks from 203.0.113.10.",
    errors: { allowedIps: ["203.0.113.10 is in use."] },
    extra: { liveSource: "203.0.113.10" },
  });
  await user.type(
    await screen.findByRole("combobox", { name: /Allowed source addresses/ }),
    "{Backspace}198.51.100.4,",
  );
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  expect(await screen.findByText("Shut out 203.0.113.10?")).toBeInTheDocument();
  const saved = answers("patch", `/api/members/${MEMBER}`, member({ allowedIps: ["198.51.100.4"] }));
  await user.click(screen.getByRole("button", { name: "Save and shut it out" }));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(await saved[0]?.json()).toEqual({ allowedIps: ["198.51.100.4"], confirm: true });
  expect(await screen.findByText("Nothing is changed.")).toBeInTheDocument();
});

it("puts a refusal at its field and keeps what was typed", async () => {
  const { user } = open();
  refuses("patch", `/api/members/${MEMBER}`, {
    status: 409,
    code: "hostname_taken",
    detail: "Taken.",
    errors: { hostname: ["Another member has this host name."] },
  });
  const field = await screen.findByLabelText(/Hostname/);
  await user.clear(field);
  await user.type(field, "taken.example.net");
  await user.click(screen.getByRole("button", { name: "Save changes" }));
  expect(await screen.findByText("Another member has this host name.")).toBeInTheDocument();
  expect(field).toHaveValue("taken.example.net");
});

it("removes only with the hostname typed, and tells of the active member what to do first", async () => {
  const { user } = open({ active: true });
  const removed = answers("delete", `/api/members/${MEMBER}`, null, 204);
  await user.click(await screen.findByRole("button", { name: "Remove member" }));
  expect(await screen.findByText("This is the active member.")).toBeInTheDocument();
  const confirm = screen.getByRole("button", { name: "Remove edge-fra-1" });
  expect(confirm).toBeDisabled();
  await user.type(screen.getByRole("textbox", { name: /to confirm/ }), "edge-fra-1.example.net");
  await user.click(confirm);
  await waitFor(() => expect(removed).toHaveLength(1));
  expect(new URL(removed[0]?.url ?? "").searchParams.get("confirm")).toBe("edge-fra-1.example.net");
});

it("says whether a rotated secret is handed over or has to be carried", async () => {
  const { user } = open({ heartbeat: { ...member().heartbeat, state: "down" } });
  await user.click(await screen.findByRole("button", { name: "Rotate secret" }));
  expect(await screen.findByText(/otherwise run the command on the host/)).toBeInTheDocument();
});

it("shows a hostile name as text", async () => {
  open({ displayName: "<img src=x onerror=1>" });
  expect(await screen.findByDisplayValue("<img src=x onerror=1>")).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});
