import { expect, test } from "vitest";
import { asProblem, readProblem } from "./problem";

const answer = (body: string, status: number, headers: Record<string, string> = {}) =>
  new Response(body, { status, headers });

test("a problem document keeps its code, sentence, fields and further members", async () => {
  const body = {
    type: "urn:x",
    title: "Conflict",
    status: 409,
    code: "fix_changed",
    detail: "Look again.",
    errors: { name: ["Taken."] },
    fix: { field: "hostname" },
  };
  const problem = await readProblem(answer(JSON.stringify(body), 409, { "X-Request-Id": "r-1" }));
  expect(problem).toMatchObject({
    status: 409,
    code: "fix_changed",
    message: "Look again.",
    errors: { name: ["Taken."] },
    extra: { fix: { field: "hostname" } },
    requestId: "r-1",
  });
});

test("the wait that a limit names is kept", async () => {
  const problem = await readProblem(
    answer('{"code":"too_many_attempts","detail":"Wait."}', 429, { "Retry-After": "7" }),
  );
  expect(problem.retryAfterSec).toBe(7);
});

test.each([
  [502, "<html>Bad gateway</html>", /failed. Try again/],
  [413, "", /send less/],
  [418, "[]", /status 418/],
])("an answer %i that is no problem document gets a plain sentence", async (status, body, words) => {
  const problem = await readProblem(answer(body, status));
  expect(problem.code).toBe(`http_${status}`);
  expect(problem.message).toMatch(words);
});

test("anything thrown can be shown", () => {
  expect(asProblem(new TypeError("x is undefined")).message).toBe("x is undefined");
  expect(asProblem("odd").message).toBe("odd");
});
