import { expect, test } from "vitest";
import { bytes } from "./bytes";
import { exact, long, short } from "./duration";
import { plural } from "./numbers";

test.each([
  [0, "0.0 s"],
  [0.64, "0.6 s"],
  [9.96, "10 s"],
  [14, "14 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [86_400 * 18.5, "18 d"],
  [-3, "0.0 s"],
])("%d seconds are short %s", (seconds, text) => expect(short(seconds)).toBe(text));

test.each([
  [0, "0 s"],
  [59, "59 s"],
  [125, "2 min 5 s"],
  [3600, "1 h"],
  [86_400 * 41 + 6 * 3600 + 59, "41 d 6 h"],
])("%d seconds are long %s", (seconds, text) => expect(long(seconds)).toBe(text));

test.each([
  [30, "30 s"],
  [90, "90 s"],
  [120, "2 min"],
  [7200, "2 h"],
  [7201, "7201 s"],
])("a setting of %d s reads %s", (seconds, text) => expect(exact(seconds)).toBe(text));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [4_100_000, "4.1 MB"],
  [212_000_000, "212 MB"],
  [999_960_000, "1.0 GB"],
])("%d bytes read %s", (count, text) => expect(bytes(count)).toBe(text));

test("one is not many", () =>
  expect([plural(1, "member"), plural(2000, "member")]).toEqual(["1 member", "2,000 members"]));
