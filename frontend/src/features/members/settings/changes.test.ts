import { expect, it } from "vitest";
import { member } from "../testing";
import { changesOf, draftOf, faultsOf } from "./changes";

it("sends only what differs", () => {
  const before = member({ location: { name: "Frankfurt", latitude: 50.1, longitude: 8.7 } });
  expect(changesOf(before, draftOf(before))).toEqual({});
  expect(changesOf(before, { ...draftOf(before), priority: 5, place: "Main" })).toEqual({
    priority: 5,
    location: { name: "Main", latitude: 50.1, longitude: 8.7 },
  });
});

it("takes the location away when every part of it is empty", () => {
  const before = member({ location: { name: "Frankfurt" } });
  expect(changesOf(before, { ...draftOf(before), place: " " })).toEqual({ location: null });
});

it("wants both coordinates or none, and zero is a coordinate", () => {
  const draft = draftOf(member());
  expect(faultsOf({ ...draft, latitude: 0 })).toHaveProperty("longitude");
  expect(faultsOf({ ...draft, latitude: 0, longitude: 0 })).toEqual({});
});
