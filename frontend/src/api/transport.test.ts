import { HttpResponse, http } from "msw";
import { afterEach, expect, test, vi } from "vitest";
import { refuses, server } from "../testing/server";
import { api, take } from "./client";
import { Problem } from "./problem";
import { setCsrfToken, setGates } from "./transport";

afterEach(() => {
  setGates({ signInAgain: null, stepUp: null });
  setCsrfToken(null);
});

const pool = { name: "edge", template: "haproxy" as const };

test("changes carry the token of the session, reads do not", async () => {
  const seen: Record<string, string | null> = {};
  server.use(
    http.all("*/api/pools", ({ request }) => {
      seen[request.method] = request.headers.get("X-CSRF-Token");
      return HttpResponse.json({ items: [], nextCursor: null });
    }),
  );
  setCsrfToken("t1");
  await take(api.GET("/api/pools"));
  await take(api.POST("/api/pools", { body: pool }));
  expect(seen).toEqual({ GET: null, POST: "t1" });
});

test("a session that ended asks once and then sends the same request with the new token", async () => {
  const bodies: unknown[] = [];
  server.use(
    http.post("*/api/pools", async ({ request }) => {
      bodies.push(await request.json());
      if (request.headers.get("X-CSRF-Token") !== "new") {
        return HttpResponse.json({ code: "not_signed_in", detail: "Sign in." }, { status: 401 });
      }
      return HttpResponse.json({ id: "p" }, { status: 201 });
    }),
  );
  const signInAgain = vi.fn(async () => {
    setCsrfToken("new");
    return true;
  });
  setGates({ signInAgain, stepUp: null });
  const both = await Promise.all([
    take(api.POST("/api/pools", { body: pool })),
    take(api.POST("/api/pools", { body: pool })),
  ]);
  expect(both).toEqual([{ id: "p" }, { id: "p" }]);
  expect(signInAgain).toHaveBeenCalledTimes(1);
  expect(bodies).toEqual([pool, pool, pool, pool]);
});

test("an action that wants a fresh proof asks for it, and cancelling leaves the refusal", async () => {
  refuses("post", "/api/pools", { status: 403, code: "step_up_required", detail: "Confirm first." });
  const stepUp = vi.fn(async () => false);
  setGates({ signInAgain: null, stepUp });
  await expect(take(api.POST("/api/pools", { body: pool }))).rejects.toMatchObject({ code: "step_up_required" });
  expect(stepUp).toHaveBeenCalledTimes(1);
});

test("a wrong password at sign-in is an answer and no ended session", async () => {
  refuses("post", "/api/auth/login", { status: 401, code: "credentials_wrong", detail: "Not right." });
  const signInAgain = vi.fn(async () => true);
  setGates({ signInAgain, stepUp: null });
  await expect(take(api.POST("/api/auth/login", { body: { email: "a@b.co", password: "x" } }))).rejects.toThrow(
    "Not right.",
  );
  expect(signInAgain).not.toHaveBeenCalled();
});

test("no answer at all is a problem with a sentence", async () => {
  server.use(http.get("*/api/pools", () => HttpResponse.error()));
  const failure = await take(api.GET("/api/pools")).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Problem);
  expect(failure).toMatchObject({ status: 0, code: "no_answer" });
});
