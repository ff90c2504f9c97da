import { expect, test } from "vitest";
import { poolHealth, shownPools } from "./health";

const pool = (name: string, health: Partial<Record<"fresh" | "late" | "down" | "unknown", number>>, more = {}) => {
  const split = { fresh: 0, late: 0, down: 0, unknown: 0, ...health };
  return {
    name,
    template: "haproxy",
    activeMemberId: "a" as string | null,
    health: { members: Object.values(split).reduce((a, b) => a + b), ...split },
    ...more,
  };
};

test.each([
  [pool("a", {}), "Empty"],
  [pool("a", { fresh: 3 }), "Healthy"],
  [pool("a", { fresh: 3, late: 1 }), "1 late"],
  [pool("a", { fresh: 3, late: 1, down: 2 }), "2 down"],
  [pool("a", { unknown: 2 }), "Unknown"],
  [pool("a", { fresh: 2 }, { activeMemberId: null }), "No active member"],
  [pool("a", { fresh: 2 }, { activeMemberId: null, template: "generic" }), "Healthy"],
])("a pool in one word: %#", (given, word) => {
  expect(poolHealth(given).word).toBe(word);
});
test("pools that need somebody come first, and the filter knows no case", () => {
  const all = [pool("web", { fresh: 1 }), pool("Edge-10", { down: 1 }), pool("edge-2", { down: 1 })];
  expect(shownPools(all, {}).map((one) => one.name)).toEqual(["edge-2", "Edge-10", "web"]);
  expect(shownPools(all, { q: " EDGE" })).toHaveLength(2);
  expect(shownPools(all, { template: "generic" })).toHaveLength(0);
});
