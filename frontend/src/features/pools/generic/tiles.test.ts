import { expect, test } from "vitest";
import { member } from "../fixtures";
import { updatePlan } from "./outdated";
import { shownTiles, stacksOf, stackWord } from "./tiles";

const beat = member("x").heartbeat;
const withStacks = (id: string, stacks: string[]) => member(id, { heartbeat: beat && { ...beat, stacks } });
const inState = (id: string, state: "fresh" | "down" | "unknown", more = {}) =>
  member(id, { agentOutdated: true, heartbeat: beat && { ...beat, state }, ...more });

test("the worst servers come first, then by name with numbers in order", () => {
  const members = [member("b10"), member("b2"), member("a")];
  const health = new Map([["a", { tone: "down" as const, word: "Down" }]]);
  for (const id of ["b10", "b2"]) health.set(id, { tone: "ok" as never, word: "Healthy" });
  expect(shownTiles(members, health, {}).map((one) => one.id)).toEqual(["a", "b2", "b10"]);
  expect(shownTiles(members, health, { state: "down" }).map((one) => one.id)).toEqual(["a"]);
});
test("servers are filtered by what their agents find", () => {
  const members = [withStacks("a", ["cpanel", "mariadb"]), withStacks("b", ["openlitespeed"])];
  expect(stacksOf(members)).toEqual(["cpanel", "mariadb", "openlitespeed"]);
  expect(shownTiles(members, new Map(), { stack: "mariadb" }).map((one) => one.id)).toEqual(["a"]);
});
test("a stack that is new to the dashboard keeps the agent's name", () => {
  expect(stackWord("cpanel")).toBe("cPanel & WHM");
  expect(stackWord("varnish")).toBe("varnish");
});
test("an update names whom it leaves out and why", () => {
  const plan = updatePlan([
    inState("a", "fresh"),
    inState("b", "down"),
    inState("c", "unknown"),
    inState("d", "fresh", { maintenance: true }),
    member("e"),
  ]);
  expect(plan.update.map((one) => one.id)).toEqual(["a"]);
  expect(plan.skipped.map(({ member: one, why }) => [one.id, why])).toEqual([
    ["b", "It is down: a job would wait until it is heard again."],
    ["c", "It was never heard."],
    ["d", "It is in maintenance."],
  ]);
});
