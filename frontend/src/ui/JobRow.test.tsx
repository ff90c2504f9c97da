import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { aCommand, aJob } from "../testing/jobs";
import { show } from "../testing/render";
import { answers } from "../testing/server";
import { JobRow } from "./JobRow";

test("a job is called as the catalogue calls its command, and leads to its page", async () => {
  answers("get", "/api/commands", { items: [aCommand()] });
  show(<JobRow job={aJob()} memberName="edge-ams-1" />);
  const link = await screen.findByRole("link", { name: "Reload HAProxy" });
  expect(link).toHaveAttribute("href", `/jobs/${aJob().id}`);
  expect(screen.getByText("Completed")).toBeInTheDocument();
  expect(screen.getByText("edge-ams-1")).toBeInTheDocument();
});

test("while it runs, the row says how far it is and what it does", async () => {
  answers("get", "/api/commands", { items: [aCommand()] });
  show(<JobRow job={aJob({ status: "running", percent: 42.6, step: "Checking", endedAt: null })} />);
  expect(await screen.findByRole("progressbar", { name: /progress/ })).toHaveAttribute("aria-valuenow", "43");
  expect(screen.getByText("42%")).toBeInTheDocument();
  expect(screen.getByText("Checking")).toBeInTheDocument();
});

test("without a percentage no bar is drawn", async () => {
  answers("get", "/api/commands", { items: [aCommand()] });
  show(<JobRow job={aJob({ status: "running", percent: null })} />);
  await screen.findByText("Running");
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("a command that the catalogue no longer knows, and a hostile error, are shown as text", async () => {
  answers("get", "/api/commands", { items: [] });
  const error = "<img src=x onerror=1>";
  show(<JobRow job={aJob({ status: "failed", error, command: "gone.command" })} />);
  expect(await screen.findByRole("link", { name: "gone.command" })).toBeInTheDocument();
  expect(screen.getByText(error)).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
});
