import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { answers, refuses } from "../../testing/server";
import { DnsPage } from "./DnsPage";
import { poolDns } from "./fixtures";

const names = [
  { ...poolDns(), poolName: "edge" },
  { ...poolDns({ poolId: "p2", fqdn: "api.example.com", state: "conflict", currentTarget: [] }), poolName: "api" },
];

const page = (items: object[], at = "/dns") => {
  answers("get", "/api/dns", { items, nextCursor: null });
  return show(<DnsPage />, { path: "/dns", at });
};

test("a name that needs a look stands first", async () => {
  page(names);
  const rows = within(await screen.findByRole("table", { name: "Names of pools" })).getAllByRole("row");
  expect(rows[1]).toHaveTextContent("api.example.com");
  expect(rows[1]).toHaveTextContent("Conflict");
  expect(rows[1]).toHaveTextContent("No address");
  expect(rows[2]).toHaveTextContent("203.0.113.10");
  expect(screen.getByText("1 not in sync")).toBeVisible();
});

test("the filters stand in the address", async () => {
  const { user, router } = page(names);
  await user.type(await screen.findByRole("searchbox", { name: "Find a name or pool" }), "edge");
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "edge" }));
  expect(screen.queryByText("api.example.com")).not.toBeInTheDocument();
});

test("an address with a state shows those names alone", async () => {
  page(names, "/dns?state=conflict");
  expect(await screen.findByText("api.example.com")).toBeVisible();
  expect(screen.queryByText("lb.example.com")).not.toBeInTheDocument();
});

test("no name at all says how to get one", async () => {
  page([]);
  expect(await screen.findByText(/No pool has a name yet/)).toBeVisible();
});

test("a list that does not come says why", async () => {
  refuses("get", "/api/dns", { status: 503, code: "unavailable", detail: "The database does not answer." });
  show(<DnsPage />, { path: "/dns" });
  expect(await screen.findByText("The database does not answer.")).toBeVisible();
});
