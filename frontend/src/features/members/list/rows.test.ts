import { expect, it } from "vitest";
import { beats } from "../../../api/beats";
import { member } from "../testing";
import { countMoves, inOrder, matches, orderNow } from "./rows";

const named = (id: string, given = {}) => member({ id, displayName: id, hostname: `${id}.example.net`, ...given });
const hear = (id: string, state: "fresh" | "down", cpuPct: number | null) =>
  beats.seed({ id, state, ageSec: 1, cpuPct }, undefined, performance.now());

it("sorts names as people count: edge-2 before edge-10", () => {
  const rows = [named("edge-10"), named("edge-2")];
  expect(orderNow(rows, { state: undefined, sort: { id: "name", desc: false } })).toEqual(["edge-2", "edge-10"]);
});

it("puts members without a value last in both directions", () => {
  hear("a", "fresh", 80);
  hear("b", "fresh", null);
  hear("c", "fresh", 5);
  const rows = [named("a"), named("b"), named("c")];
  expect(orderNow(rows, { state: undefined, sort: { id: "cpu", desc: true } })).toEqual(["a", "c", "b"]);
  expect(orderNow(rows, { state: undefined, sort: { id: "cpu", desc: false } })).toEqual(["c", "a", "b"]);
});

it("keeps a row in its place when its state changes, and counts the change", () => {
  hear("a", "down", null);
  hear("b", "fresh", null);
  const rows = [named("a"), named("b")];
  const wish = { state: undefined, sort: { id: "state", desc: false } };
  const before = orderNow(rows, wish);
  expect(countMoves(before, orderNow(rows, wish))).toBe(0);
  hear("a", "fresh", null);
  hear("b", "down", null);
  expect(inOrder(rows, before, new Set(["a", "b"])).map((row) => row.id)).toEqual(["a", "b"]);
  expect(countMoves(before, orderNow(rows, wish))).toBe(2);
});

it("shows a new member at the end and drops a removed one", () => {
  const rows = [named("b"), named("new")];
  expect(inOrder(rows, ["a", "b"], new Set(["a", "b"])).map((row) => row.id)).toEqual(["b", "new"]);
});

it("finds by a part of the name or of an address, and takes markup as text", () => {
  const odd = named("<img src=x onerror=1>", { allowedIps: ["2001:db8::7"] });
  expect(matches(odd, "ONERROR")).toBe(true);
  expect(matches(odd, "db8::7")).toBe(true);
  expect(matches(odd, "fra")).toBe(false);
});
