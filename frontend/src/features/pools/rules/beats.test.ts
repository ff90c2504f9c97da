import { expect, test } from "vitest";
import { event, FRA } from "../fixtures";
import { eventSplit } from "./eventSplit";
import { splitOf, splitWords } from "./liveHealth";
import { beatsOf, stripWords } from "./strip";

test("a short strip is filled up at the left, where nothing is known", () => {
  expect(beatsOf("old", 5)).toEqual(["none", "none", "ok", "late", "down"]);
  expect(beatsOf("oooooooo", 3)).toEqual(["ok", "ok", "ok"]);
});
test("letters that a newer server may send are not painted green", () => {
  expect(beatsOf("x", 1)).toEqual(["none"]);
});
test("the strip in words counts only seconds of which something is known", () => {
  expect(stripWords("edge-1", beatsOf("ool", 10))).toBe("edge-1: 2 of the last 3 seconds with a good heartbeat");
  expect(stripWords("edge-1", beatsOf("", 10))).toBe("edge-1: nothing is known of the last seconds");
});
test("an automatic move is split into noticing and switching", () => {
  expect(eventSplit(event())).toEqual({ detectSec: 30.2, switchSec: 4 });
});
test("a move by order was not detected by anybody", () => {
  expect(eventSplit(event({ kind: "manual" })).detectSec).toBeNull();
});
test("a move that is not finished has no duration, and broken evidence is no number", () => {
  const odd = event({ finishedAt: null, evidence: { members: [null, "x", { memberId: FRA, silenceSec: "30" }] } });
  expect(eventSplit(odd)).toEqual({ detectSec: null, switchSec: null });
});
test("members are counted by how they stand", () => {
  const split = splitOf(
    new Map([
      ["a", { tone: "ok", word: "Healthy" }],
      ["b", { tone: "down", word: "Down" }],
      ["c", { tone: "late", word: "Late" }],
    ]),
  );
  expect(split).toEqual({ ok: 1, late: 1, down: 1, idle: 0 });
  expect(splitWords(split)).toBe("1 late, 1 down");
  expect(splitWords({ ok: 0, late: 0, down: 0, idle: 0 })).toBe("No members yet");
});
