import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { meQuery } from "../../api/session";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { aStep, aWorkflow } from "../../testing/workflows";
import { RecipesPage } from "./RecipesPage";
import type { Recipe } from "./recipeQueries";

const POOL = aWorkflow().poolId;
const MEMBER = aWorkflow().memberId ?? "";
const RECIPES = `/api/members/${MEMBER}/recipes`;

const aRecipe = (given: Partial<Recipe> = {}): Recipe => ({
  id: "admin_socket",
  title: "Open the admin socket",
  description: "Lets the agent drain servers. <img src=x onerror=1>",
  category: "haproxy",
  warning: "HAProxy is reloaded.",
  advanced: false,
  dangerous: false,
  available: true,
  locked: false,
  reason: null,
  state: "never",
  workflowId: null,
  lastRunAt: null,
  error: null,
  canUndo: false,
  steps: [
    {
      key: "a",
      title: "Write the socket's line",
      command: "haproxy.admin_socket_enable",
      changes: "Adds one line to global.",
      undo: "haproxy.config_restore",
      noUndoReason: "",
    },
    { key: "b", title: "Look", command: "haproxy.status", changes: "", undo: null, noUndoReason: "It only reads." },
  ],
  params: { group: { type: "string", title: "Group", required: true, pattern: "[a-z]+", help: "A system group" } },
  preconditions: [{ ok: false, text: "HAProxy runs.", fix: "Start it first." }],
  ...given,
});

beforeEach(() => {
  answers("get", `/api/pools/${POOL}/overview`, {
    pool: { id: POOL },
    members: [{ id: MEMBER, poolId: POOL, displayName: "edge-1", active: true, heartbeat: null }],
  } as never);
  answers("get", RECIPES, { items: [aRecipe()] } as never);
});

function open(search = "", role = "owner") {
  const path = "/pools/$pool/members/$member/recipes";
  const shown = show(<RecipesPage />, { path, at: `/pools/${POOL}/members/${MEMBER}/recipes${search}` });
  shown.client.setQueryData(meQuery.queryKey, { role } as never);
  return shown;
}

test("running asks for the parameters, shows what will be done, and sends it once", async () => {
  const came = answers("post", `${RECIPES}/admin_socket/run`, aWorkflow() as never, 202);
  const { user, router } = open();
  await user.click(await screen.findByRole("button", { name: "Run…" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("button", { name: "Cancel" })).toHaveFocus();
  expect(within(dialog).getByText("HAProxy is reloaded.")).toBeInTheDocument();
  expect(within(dialog).getByText("haproxy.config_restore")).toBeInTheDocument();
  expect(within(dialog).getByText("No way back: It only reads.")).toBeInTheDocument();
  expect(within(dialog).getByText("Does not hold. Start it first.")).toBeInTheDocument();
  await user.click(within(dialog).getByRole("button", { name: "Run Open the admin socket" }));
  expect(await within(dialog).findByText("Group is needed.")).toBeInTheDocument();
  expect(came).toHaveLength(0);
  await user.type(within(dialog).getByRole("textbox", { name: /Group/ }), "haproxy");
  await user.click(within(dialog).getByRole("button", { name: "Run Open the admin socket" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  expect(came).toHaveLength(1);
  expect(await came[0]?.json()).toEqual({ params: { group: "haproxy" } });
});

test("a refusal of a parameter stands at its field", async () => {
  refuses("post", `${RECIPES}/admin_socket/run`, {
    status: 422,
    code: "params_invalid",
    detail: "params.group: there is no such group.",
    errors: { "params.group": ["There is no such group."] },
  });
  const { user } = open("?run=admin_socket");
  await user.type(await screen.findByRole("textbox", { name: /Group/ }), "nobody");
  await user.click(screen.getByRole("button", { name: "Run Open the admin socket" }));
  expect(await screen.findByText("There is no such group.")).toBeInTheDocument();
});

test("one that cannot run says why and its address opens no dialog", async () => {
  answers("get", RECIPES, {
    items: [aRecipe({ available: false, reason: "The agent is too old: update it." })],
  } as never);
  open("?run=admin_socket");
  expect(await screen.findByText("The agent is too old: update it.")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Run…" })).toHaveAttribute("aria-disabled", "true");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByText(/<img src=x onerror=1>/)).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

test("a running one shows its steps, and a completed one can be undone from its run", async () => {
  const flow = aWorkflow({ title: "Open the admin socket on edge-1", steps: [aStep({ state: "running" })] });
  answers("get", `/api/workflows/${flow.id}`, flow as never);
  const running = aRecipe({
    id: "one",
    state: "running",
    available: false,
    reason: "It is running.",
    workflowId: flow.id,
  });
  const past = aWorkflow({ id: "f-2", title: "Earlier", state: "completed", canCancel: false, canUndo: true });
  answers("get", "/api/workflows/f-2", past as never);
  const done = aRecipe({ id: "two", title: "Harden SSH", state: "completed", workflowId: "f-2", canUndo: true });
  answers("get", RECIPES, { items: [running, done] } as never);
  const { user } = open();
  expect(await screen.findByRole("region", { name: flow.title })).toBeInTheDocument();
  expect(screen.queryByRole("region", { name: "Earlier" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Show the run, undo…" }));
  const run = await screen.findByRole("region", { name: "Earlier" });
  expect(within(run).getByRole("button", { name: "Undo" })).toBeInTheDocument();
});

test("an operator may not run a dangerous one", async () => {
  answers("get", RECIPES, { items: [aRecipe({ dangerous: true })] } as never);
  open("", "operator");
  expect(await screen.findByRole("button", { name: "Run…" })).toHaveAttribute(
    "aria-description",
    expect.stringContaining("needs the role admin"),
  );
});
