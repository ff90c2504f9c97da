import { expect, test } from "vitest";
import { areStacked, pathBetween } from "./paths";

const box = (left: number, top: number, width = 100, height = 40) => ({ left, top, width, height });

test("cards side by side are joined by a curve from edge to edge", () => {
  expect(pathBetween(box(0, 0), box(150, 60))).toBe("M100 20C125 20 125 80 150 80");
});
test("stacked cards are joined by a straight drop", () => {
  expect(pathBetween(box(0, 0), box(0, 80))).toBe("M50 40L50 80");
  expect(areStacked(box(0, 0), box(0, 80))).toBe(true);
  expect(areStacked(box(0, 0), box(150, 0))).toBe(false);
});
test("nothing is drawn to a card that is not shown", () => {
  expect(pathBetween(box(0, 0, 0, 0), box(150, 0))).toBeNull();
  expect(pathBetween(undefined, box(0, 0))).toBeNull();
});
