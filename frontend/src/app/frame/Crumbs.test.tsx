import { expect, test } from "vitest";
import { crumbsOf } from "./Crumbs";

const texts = (...given: Parameters<typeof crumbsOf>) => crumbsOf(...given).map((crumb) => crumb.text);

test.each([
  ["/fleet", {}, ["Fleet"]],
  ["/pools/p", { pool: "p" }, ["Pools", "production-edge"]],
  ["/pools/p/settings", { pool: "p" }, ["Pools", "production-edge", "Settings"]],
  ["/pools/p/events/e", { pool: "p" }, ["Pools", "production-edge", "Failovers", "One failover"]],
  ["/pools/p/members/m/status", { pool: "p", member: "m" }, ["Pools", "production-edge", "edge-1"]],
  ["/settings/api-providers", {}, ["Settings", "API providers"]],
  ["/jobs/j", { job: "j" }, ["Jobs", "Job"]],
])("%s says where it is", (path, params, wanted) => {
  expect(texts(path, params, { pool: "production-edge", member: "edge-1" })).toEqual(wanted);
});

test("before the names are known it says what they are names of", () => {
  expect(texts("/pools/p/members/m", { pool: "p", member: "m" }, {})).toEqual(["Pools", "Pool", "Member"]);
});
