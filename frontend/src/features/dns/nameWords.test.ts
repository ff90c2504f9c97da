import { expect, test } from "vitest";
import { CLOUDFLARE, POWERDNS, poolDns } from "./fixtures";
import { boundSec, fullName, recordLines, ttlChoices, worstCase } from "./nameWords";

test.each([
  ["lb", "example.com", "lb.example.com"],
  ["@", "example.com", "example.com"],
  [" LB.eu. ", "Example.com.", "lb.eu.example.com"],
  ["", "example.com", null],
  ["lb", "", null],
])("the label %j in the zone %j is %j", (label, zone, name) => {
  expect(fullName(label, zone)).toBe(name);
});

test("what is wanted and seen comes first, then what is missing, then what is surplus", () => {
  const lines = recordLines(
    poolDns({ wanted: { A: ["192.0.2.1"], AAAA: ["2001:db8::1"] }, observed: { A: ["192.0.2.1", "192.0.2.9"] } }),
  );
  expect(lines.map(({ type, value, wanted, observed }) => [type, value, wanted, observed])).toEqual([
    ["A", "192.0.2.1", true, true],
    ["AAAA", "2001:db8::1", true, false],
    ["A", "192.0.2.9", false, true],
  ]);
});

test("the choices of the TTL keep to what the provider takes, and hold the present one", () => {
  expect(ttlChoices(CLOUDFLARE, 900).map((one) => one.value)).toEqual(["60", "120", "300", "900", "3600", "1"]);
  expect(ttlChoices({ ...POWERDNS, ttlMinSec: 300 }, 300).map((one) => one.value)).toEqual(["300", "3600"]);
  expect(ttlChoices(POWERDNS, 1).map((one) => one.value)).toContain("1");
});

test("the worst case adds the recovery time and what resolvers may keep", () => {
  expect(worstCase(30, boundSec(60, false, 1))).toContain("about 90 s");
  expect(worstCase(30, boundSec(1, false, 1))).toContain("for 5 min more");
  expect(worstCase(30, boundSec(1, true, 1))).toContain("resolvers keep no old address");
});
