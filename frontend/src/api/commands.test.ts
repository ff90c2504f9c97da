import { expect, test } from "vitest";
import { aCommand } from "../testing/jobs";
import { unfitFor } from "./commands";

test("a command is offered where its stack is reported, and nowhere else", () => {
  expect(unfitFor(aCommand(), { agentVersion: 1, stacks: ["haproxy"] })).toBeNull();
  expect(unfitFor(aCommand(), { agentVersion: 1, stacks: [] })).toMatch(/needs haproxy/);
});

test("one of several stacks is enough", () => {
  const command = aCommand({ applies: { stack: ["mariadb", "mysql"] } });
  expect(unfitFor(command, { agentVersion: 1, stacks: ["mysql"] })).toBeNull();
});

test("an agent that is too old is told so, and one that was never heard refuses nothing", () => {
  const command = aCommand({ applies: { agentVersion: 7 } });
  expect(unfitFor(command, { agentVersion: 6, stacks: [] })).toMatch(/version 7.*runs 6/);
  expect(unfitFor(command, null)).toBeNull();
});

test("a command of the control plane is not for members", () => {
  expect(unfitFor(aCommand({ runsOn: "control_plane" }), null)).toMatch(/control plane/);
});
