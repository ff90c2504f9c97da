import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { meQuery } from "../../api/session";
import { aJob } from "../../testing/jobs";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { aWorkflow } from "../../testing/workflows";
import { aHaproxy, aVersion, aWholeVersion, MEMBER, OTHER, POOL } from "./fixtures";
import { HaproxyPage } from "./HaproxyPage";

const V4 = aWholeVersion();
const V4_URL = `/api/haproxy/versions/${V4.id}`;
const member = { id: MEMBER, poolId: POOL, displayName: "edge-1", active: true, heartbeat: null };

beforeEach(() => {
  answers("get", `/api/pools/${POOL}/overview`, {
    pool: { id: POOL },
    members: [member, { ...member, id: OTHER, displayName: "edge-2", active: false }],
  } as never);
  answers("get", `/api/members/${MEMBER}/haproxy`, aHaproxy() as never);
  answers("get", `/api/members/${MEMBER}/haproxy/versions`, { items: [aVersion()], nextCursor: null } as never);
  answers("get", V4_URL, V4 as never);
  answers("get", `${V4_URL}/diff`, { files: [] });
});

function open(search = "", role = "owner") {
  const path = "/pools/$pool/members/$member/haproxy";
  const shown = show(<HaproxyPage />, { path, at: `/pools/${POOL}/members/${MEMBER}/haproxy${search}` });
  shown.client.setQueryData(meQuery.queryKey, { role } as never);
  return shown;
}

test("a host of which nothing is known offers to import its configuration, once", async () => {
  answers("get", `/api/members/${MEMBER}/haproxy`, aHaproxy({ head: null, current: null }) as never);
  const came = answers("post", `/api/members/${MEMBER}/haproxy/import`, aJob({ status: "pending" }) as never, 202);
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Import configuration" }));
  await waitFor(() => expect(came).toHaveLength(1));
});

test("without HAProxy on the host, import says why it is off", async () => {
  answers("get", `/api/members/${MEMBER}/haproxy`, aHaproxy({ head: null, current: null, seen: false }) as never);
  open();
  const button = await screen.findByRole("button", { name: "Import configuration" });
  expect(button).toHaveAttribute("aria-description", expect.stringContaining("does not report HAProxy"));
});

test("versions show their author as text, and open in the page", async () => {
  const { user, router } = open();
  await user.click(await screen.findByRole("button", { name: "Version 4" }));
  await waitFor(() => expect(router.state.location.search).toMatchObject({ version: V4.id }));
  expect(await screen.findByRole("textbox", { name: "Text of /etc/haproxy/haproxy.cfg" })).toHaveValue(
    "global\n    maxconn 4000\n",
  );
  expect(screen.getByText("<img src=x onerror=1>")).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

test("an edit is saved on the newest version with its reason and with a file that was added", async () => {
  const came = answers("post", `/api/members/${MEMBER}/haproxy/versions`, aWholeVersion({ number: 5 }) as never, 201);
  const { user } = open(`?version=${V4.id}`);
  const text = await screen.findByRole("textbox", { name: /Text of/ });
  expect(screen.getByRole("button", { name: "Save as version" })).toBeDisabled();
  await user.type(text, "# more");
  await user.click(screen.getByRole("button", { name: "Add a file" }));
  const path = screen.getByRole("textbox", { name: "Path of the new file" });
  await user.click(screen.getByRole("button", { name: "Add file" }));
  expect(screen.getByText(/Use a full path that ends in .cfg/)).toBeInTheDocument();
  await user.type(path, "20-api.cfg");
  await user.click(screen.getByRole("button", { name: "Add file" }));
  await user.type(screen.getByRole("textbox", { name: /20-api.cfg/ }), "backend api");
  await user.type(screen.getByRole("textbox", { name: "Reason" }), "More room");
  await user.click(screen.getByRole("button", { name: "Save as version" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({
    baseVersionId: V4.id,
    reason: "More room",
    files: [
      { path: "/etc/haproxy/haproxy.cfg", text: "global\n    maxconn 4000\n# more" },
      { path: "/etc/haproxy/conf.d/10-app.cfg", text: "frontend web\n    bind :80\n" },
      { path: "/etc/haproxy/conf.d/20-api.cfg", text: "backend api" },
    ],
  });
});

test("when somebody saved meanwhile both texts are shown, and mine goes on top of theirs only when asked", async () => {
  const came = refuses("post", `/api/members/${MEMBER}/haproxy/versions`, {
    status: 409,
    code: "config_changed",
    detail: "Version 5 was saved by Bo after you began: look at both, and save again.",
    extra: {
      head: { id: "v-5", number: 5, author: { name: "Bo" }, reason: "Theirs" },
      files: [
        { path: "/etc/haproxy/haproxy.cfg", text: "global\n" },
        { path: "/etc/haproxy/conf.d/10-app.cfg", text: "frontend web\n    bind :80\n" },
      ],
    },
  });
  const { user } = open(`?version=${V4.id}`);
  await user.type(await screen.findByRole("textbox", { name: /Text of/ }), "# mine");
  await user.click(screen.getByRole("button", { name: "Save as version" }));
  const clash = await screen.findByRole("region", { name: "Two edits" });
  expect(within(clash).getByRole("textbox", { name: "Yours: /etc/haproxy/haproxy.cfg" })).toHaveValue(
    "global\n    maxconn 4000\n# mine",
  );
  expect(within(clash).getByRole("textbox", { name: "Version 5: /etc/haproxy/haproxy.cfg" })).toHaveValue("global\n");
  expect(within(clash).queryByRole("textbox", { name: /10-app/ })).toBeNull();
  await user.click(within(clash).getByRole("button", { name: "Save mine on top of version 5" }));
  await waitFor(() => expect(came).toHaveLength(2));
  expect(await came[1]?.json()).toMatchObject({ baseVersionId: "v-5" });
});

test("a message of the check leads to its line, and an invalid version cannot be applied", async () => {
  const check = {
    valid: false,
    error: null,
    at: "2026-11-26T03:00:00+00:00",
    messages: [{ level: "alert", path: "/etc/haproxy/conf.d/10-app.cfg", line: 2, text: "unknown keyword 'bnd'" }],
  };
  answers("get", V4_URL, aWholeVersion({ check }) as never);
  const { user } = open(`?version=${V4.id}`);
  await user.click(await screen.findByRole("button", { name: "/etc/haproxy/conf.d/10-app.cfg:2" }));
  const text = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: /Text of .*10-app.cfg/ });
  await waitFor(() => expect(text).toHaveFocus());
  expect(text.value.slice(text.selectionStart, text.selectionEnd)).toBe("    bind :80");
  expect(screen.getByRole("button", { name: "Apply…" })).toHaveAttribute("aria-disabled", "true");
});

test("apply names its members and begins on Cancel; the timeline of a roll-out that was taken back says why", async () => {
  const flow = aWorkflow({ state: "undone", canCancel: false });
  answers(
    "get",
    V4_URL,
    aWholeVersion({ state: "reverted", error: "Errors rose to 9 %.", workflowId: flow.id }) as never,
  );
  answers("get", `/api/workflows/${flow.id}`, flow as never);
  const came = answers("post", `${V4_URL}/apply`, flow as never, 202);
  const { user } = open(`?version=${V4.id}`);
  expect(await screen.findByText(/Errors rose to 9 %/)).toBeInTheDocument();
  expect(await screen.findByText("Taken back")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Apply…" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("button", { name: "Cancel" })).toHaveFocus();
  await user.click(within(dialog).getByRole("checkbox", { name: "edge-2" }));
  const soak = within(dialog).getByRole("textbox", { name: /Watch traffic/ });
  await user.clear(soak);
  await user.type(soak, "3");
  expect(within(dialog).getByText("Watch each member for 5 to 600 seconds.")).toBeInTheDocument();
  await user.type(soak, "0");
  await user.click(within(dialog).getByRole("button", { name: "Apply version 4 to 2 members" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ members: [MEMBER, OTHER], soakSec: 30, overwrite: false });
});

test("drift shows the difference, and adopting sends the reason", async () => {
  const drift = { state: "changed", liveFingerprint: "b", storedFingerprint: "a", lookedAt: null } as const;
  answers("get", `/api/members/${MEMBER}/haproxy`, aHaproxy({ drift }) as never);
  answers("get", `/api/members/${MEMBER}/haproxy/drift`, {
    ...drift,
    fresh: true,
    files: [{ path: "/etc/haproxy/haproxy.cfg", change: "changed", added: 1, removed: 0, diff: "@@\n+    nbthread 4" }],
  });
  const came = answers("post", `/api/members/${MEMBER}/haproxy/adopt`, aWholeVersion() as never, 201);
  const { user } = open();
  expect(await screen.findByText("+ nbthread 4")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Adopt what is on the host" }));
  await user.type(await screen.findByRole("textbox", { name: "Reason" }), "Night fix");
  await user.click(screen.getByRole("button", { name: "Adopt the host's configuration" }));
  await waitFor(() => expect(came).toHaveLength(1));
  expect(await came[0]?.json()).toEqual({ reason: "Night fix" });
});

test("a viewer sees the versions and is told why the text is not shown", async () => {
  open(`?version=${V4.id}`, "viewer");
  expect(await screen.findByText(/may hold passwords. This needs the role operator/)).toBeInTheDocument();
});
