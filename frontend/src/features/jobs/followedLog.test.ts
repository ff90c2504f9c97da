import { expect, test } from "vitest";
import { joined, nextOffset } from "./followedLog";

const part = (text: string, offset: number) => ({
  text,
  offset,
  nextOffset: offset + text.length,
  sizeBytes: offset + text.length,
  ended: false,
});

test("parts are joined where they begin", () => {
  const first = joined(undefined, part("one\n", 0));
  expect(joined(first, part("two\n", 4)).text).toBe("one\ntwo\n");
});

test("a part that overlaps what is known is not shown twice", () => {
  const first = joined(undefined, part("one\ntwo\n", 0));
  expect(joined(first, part("two\nthree\n", 4)).text).toBe("one\ntwo\nthree\n");
});

test("a log that was rewritten replaces what was shown", () => {
  const first = joined(undefined, part("attempt 1\n", 0));
  expect(joined(first, part("attempt 2\n", 0)).text).toBe("attempt 2\n");
});

test("output beyond what is kept is read whole, for its middle changes", () => {
  expect(nextOffset({ text: "abc", sizeBytes: 3, ended: false })).toBe(3);
  expect(nextOffset({ text: "abc", sizeBytes: 5_000_000, ended: false })).toBe(0);
  expect(nextOffset(undefined)).toBe(0);
});
