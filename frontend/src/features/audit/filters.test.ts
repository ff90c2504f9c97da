import { describe, expect, it } from "vitest";
import { actionWords, pairsOf } from "./details";
import { exportHref, fieldTime, queryOf, typedTime } from "./filters";

describe("filters of the audit trail", () => {
  it.each([
    ["member", { targetType: "member" }],
    ["pool_dns:42", { targetType: "pool_dns", targetId: "42" }],
    ["member:", { targetType: "member" }],
    ["0d7e4f5a-2f64", { targetId: "0d7e4f5a-2f64" }],
    ["<script>", { targetId: "<script>" }],
  ])("read the target %s", (target, query) => expect(queryOf({ target })).toEqual(query));

  it("leave out what is no time", () =>
    expect(queryOf({ since: "yesterday", until: "2026-11-25" })).toEqual({
      until: "2026-11-25T00:00:00.000Z",
    }));

  it("travel in the address of an export", () =>
    expect(exportHref({ action: "job.order", target: "job:1&2" }, "json")).toBe(
      "/api/audit/export?format=json&action=job.order&targetType=job&targetId=1%262",
    ));

  it.each(["utc", "local"] as const)("show a typed time again as it was typed, in %s", (zone) => {
    const iso = typedTime("2026-03-29T04:30", zone);
    expect(fieldTime(iso, zone)).toBe("2026-03-29T04:30");
    expect(typedTime("", zone)).toBeUndefined();
    expect(fieldTime("nonsense", zone)).toBe("");
  });
});

describe("details of an entry", () => {
  it("become pairs, nested ones with their way", () =>
    expect(pairsOf({ teamInboxes: [], auto: true, params: { backend: "be_app" }, lines: ["a", { b: 1 }] })).toEqual([
      ["team inboxes", "none"],
      ["auto", "yes"],
      ["params.backend", "be_app"],
      ["lines", 'a, {"b":1}'],
    ]));

  it("an unknown action reads as it is written", () => {
    expect(actionWords("user.invited")).toBe("User invited");
    expect(actionWords("backup.run_started")).toBe("backup: run started");
  });
});
