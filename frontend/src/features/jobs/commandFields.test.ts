import { expect, test } from "vitest";
import { aCommand } from "../../testing/jobs";
import { fieldsOf, paramsOf, wrongParams } from "./commandFields";

const drain = aCommand({
  id: "haproxy.server_drain",
  params: {
    backend: { type: "string", title: "Backend", required: true, pattern: "[A-Za-z0-9_.:-]{1,128}", help: "A name" },
    grace: { type: "integer", title: "Grace", choices: [10, 60] },
    force: { type: "boolean", title: "Force", default: false },
  },
});

test("each parameter becomes a field with its title", () => {
  expect(fieldsOf(drain).map((field) => [field.name, field.label, field.required])).toEqual([
    ["backend", "Backend", true],
    ["grace", "Grace", undefined],
    ["force", "Force", undefined],
  ]);
});

test("numbers are sent as numbers, and empty fields are left out", () => {
  expect(paramsOf(drain, { backend: "web", grace: "60", force: false })).toEqual({
    backend: "web",
    grace: 60,
    force: false,
  });
  expect(paramsOf(drain, { backend: "", grace: "", force: true })).toEqual({ force: true });
});

test("a missing or impossible value is told before it is sent", () => {
  expect(wrongParams(drain, { backend: "" })).toEqual({ backend: "Backend is needed." });
  expect(wrongParams(drain, { backend: "web; rm -rf /" })).toEqual({ backend: "Not allowed here: A name" });
  expect(wrongParams(drain, { backend: "web" })).toEqual({});
});
