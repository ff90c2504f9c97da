import { expect, test } from "vitest";
import { lastHour, roundUp } from "./sessions";

const columns = ["at", "cpuPct", "sessions"];

test("the last hour keeps the highest value of each step and its gaps", () => {
  const series = lastHour(
    {
      columns,
      rows: [
        [0, 1, 99_999],
        [10_000, 5, 3],
        [10_001, 6, 8],
        [13_600, 7, 4],
      ],
    },
    "sessions",
  );
  expect(series).toMatchObject({ peak: 8, least: 4, top: 10, from: 10_000, until: 13_600 });
  expect(series.values[0]).toBe(8);
  expect(series.values.at(-1)).toBe(4);
  expect(series.values[40]).toBeNull();
});
test("a column of which nothing is known has no peak", () => {
  expect(lastHour({ columns, rows: [[10, 5, null]] }, "sessions").peak).toBeNull();
  expect(lastHour({ columns: [], rows: [] }, "sessions").peak).toBeNull();
});
test("a percentage is drawn against 100", () => {
  expect(lastHour({ columns, rows: [[10, 5, null]] }, "cpuPct").top).toBe(100);
});
test("the scale ends at a number that reads well", () => {
  expect([0, 3, 17, 1284, 2000].map(roundUp)).toEqual([2, 5, 20, 2000, 2000]);
});
