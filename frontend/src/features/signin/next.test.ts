import { describe, expect, it } from "vitest";
import { safeNext } from "./next";

describe("the page after sign-in", () => {
  it.each([
    ["/pools/1?add=true#top", "/pools/1?add=true#top"],
    ["/app/jobs?status=failed", "/jobs?status=failed"],
    ["/app", "/fleet"],
    ["/appointments", "/appointments"],
  ])("is the one that was asked for: %s", (next, where) => expect(safeNext(next)).toBe(where));

  it.each([
    undefined,
    "",
    "https://evil.example/app/fleet",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/app//evil.example",
    "/%2e%2e//evil.example",
    "javascript:alert(1)",
    "fleet",
    "//",
    "/login?next=/login",
  ])("is the fleet when the address leaves the dashboard: %s", (next) => expect(safeNext(next)).toBe("/fleet"));
});
