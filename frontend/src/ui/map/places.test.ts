import { expect, test } from "vitest";
import { type MapMember, placesOf } from "./places";
import { project } from "./projection";

const member = (id: string, location: MapMember["location"], tone: MapMember["tone"] = "ok"): MapMember => ({
  id,
  poolId: "p",
  displayName: id,
  location,
  tone,
});
const FRANKFURT = { name: "Frankfurt", latitude: 50.11, longitude: 8.68 };

test("members at one place share a mark that shows the worst of them, the worst place first", () => {
  const places = placesOf([
    member("a", { name: "Sydney", latitude: -33.9, longitude: 151.2 }),
    member("b", FRANKFURT),
    member("c", { latitude: 50.12, longitude: 8.7 }, "down"),
  ]);
  expect(places.map((place) => [place.name, place.tone, place.members.length])).toEqual([
    ["Frankfurt", "down", 2],
    ["Sydney", "ok", 1],
  ]);
});
test("members without coordinates are not on the map, a place without a name shows its coordinates", () => {
  const places = placesOf([
    member("a", null),
    member("b", { name: "Somewhere" }),
    member("c", { latitude: 0, longitude: 0 }),
  ]);
  expect(places.map((place) => place.name)).toEqual(["0°, 0°"]);
});
test("north is up and east is right", () => {
  const [frankfurt, sydney] = [project(8.68, 50.11), project(151.2, -33.9)];
  expect(sydney?.[0]).toBeGreaterThan(frankfurt?.[0] ?? Number.NaN);
  expect(sydney?.[1]).toBeGreaterThan(frankfurt?.[1] ?? Number.NaN);
});
