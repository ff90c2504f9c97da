import { expect, test } from "vitest";
import { leftWords, secondsLeft } from "./eta";

test("nothing is promised in the first five seconds, nor without progress", () => {
  expect(secondsLeft([])).toBeNull();
  expect(secondsLeft([{ atSec: 4, percent: 50 }])).toBeNull();
  expect(secondsLeft([{ atSec: 60, percent: 0 }])).toBeNull();
});

test("a steady job gets a range around what its pace says", () => {
  const [least, most] = secondsLeft([{ atSec: 20, percent: 50 }]) ?? [0, 0];
  expect(least).toBe(15);
  expect(most).toBe(25);
});

test("a job that has become slower gets a wide range", () => {
  const [least, most] = secondsLeft([
    { atSec: 10, percent: 50 },
    { atSec: 30, percent: 60 },
  ]) ?? [0, 0];
  expect(least).toBe(15);
  expect(most).toBe(100);
});

test("a job that stands still is not guessed at", () => {
  const samples = [
    { atSec: 40, percent: 60 },
    { atSec: 60, percent: 60 },
  ];
  expect(secondsLeft(samples)).toBeNull();
});

test("the words are a range, in seconds or minutes", () => {
  expect(leftWords([1, 3])).toBe("a few seconds left");
  expect(leftWords([16, 31])).toBe("about 15 to 30 s left");
  expect(leftWords([100, 290])).toBe("about 1 to 5 min left");
});
