import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { PoolMembersPage } from "./PoolMembersPage";
import { member, overview, POOL } from "./testing";

const path = "/pools/$pool/members";
const at = `/pools/${POOL}/members`;
const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const three = [
  member({ id: id(1), displayName: "edge-1", hostname: "edge-1.example.net", agentOutdated: true }),
  member({ id: id(2), displayName: "edge-2", hostname: "edge-2.example.net", maintenance: true }),
  member({ id: id(3), displayName: "<img src=x onerror=1>", hostname: "odd.example.net", agentOutdated: true }),
];
const open = (search = "") => {
  answers("get", `/api/pools/${POOL}/overview`, overview(three));
  return show(<PoolMembersPage />, { path, at: at + search });
};
const rowsOf = async () =>
  within(await screen.findByRole("table"))
    .getAllByRole("row")
    .slice(1);

it("filters by text and keeps the filter in the address", async () => {
  const { user, router } = open();
  expect(await rowsOf()).toHaveLength(3);
  await user.type(screen.getByRole("textbox", { name: "Filter members" }), "edge-2");
  expect(await screen.findByText("1 of 3 members")).toBeInTheDocument();
  expect(router.state.location.search).toMatchObject({ q: "edge-2" });
});

it("opens with the filter and the order that the address names", async () => {
  open("?q=edge&sort=-name");
  const rows = await rowsOf();
  expect(rows.map((row) => within(row).getByRole("link").textContent)).toEqual(["edge-2", "edge-1"]);
});

it("says when nothing matches, and clears the filter", async () => {
  const { user } = open("?q=nowhere");
  expect(await screen.findByText("No member matches this filter.")).toBeInTheDocument();
  await user.click(screen.getByText("Clear the filter"));
  expect(await rowsOf()).toHaveLength(3);
});

it("takes markup in a name as text", async () => {
  open();
  expect(await screen.findByRole("link", { name: "<img src=x onerror=1>" })).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});

it("names who is left out of a bulk order, and counts done and failed", async () => {
  const { user } = open();
  await rowsOf();
  await user.click(screen.getByRole("checkbox", { name: "Select all rows" }));
  await user.click(screen.getByRole("button", { name: "Update the agent" }));
  expect(await screen.findByText(/edge-2 runs the latest version already/)).toBeInTheDocument();
  const ordered = answers("post", `/api/members/${id(1)}/jobs`, { id: "job" }, 201);
  refuses("post", `/api/members/${id(3)}/jobs`, { status: 409, code: "jobs_stopped", detail: "Jobs are stopped." });
  await user.click(screen.getByRole("button", { name: "Update the agent on 2 members" }));
  expect(await screen.findByText(/1 ordered, 1 failed, 0 waiting/)).toBeInTheDocument();
  expect(screen.getByText("<img src=x onerror=1>: Jobs are stopped.")).toBeInTheDocument();
  await waitFor(() => expect(ordered).toHaveLength(1));
});
