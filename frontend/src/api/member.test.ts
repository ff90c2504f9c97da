import { expect, it } from "vitest";
import { peakOf, seriesOf } from "./member";

const history = {
  resolution: "10s",
  stepSec: 10,
  columns: ["at", "cpuPct"],
  rows: [
    [1000, 10],
    [1010, 30],
    [1040, 50],
    [1050, null],
  ],
};

it("draws silence as a gap and ends at the given moment", () => {
  const values = seriesOf(history, "cpuPct", { to: 1060, spanSec: 60, points: 3 });
  expect(values).toEqual([20, null, 50]);
});

it("takes the peak of the asked time only", () => {
  expect(peakOf(history, "cpuPct", 1000)).toBe(50);
  expect(peakOf(history, "cpuPct", 1045)).toBeNull();
});
