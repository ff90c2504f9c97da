import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { meQuery } from "../api/session";
import { show } from "../testing/render";
import { answers, refuses } from "../testing/server";
import { aStep, aWorkflow } from "../testing/workflows";
import { WorkflowSteps } from "./WorkflowSteps";

const FLOW = aWorkflow();
const open = (role = "owner") => {
  const shown = show(
    <WorkflowSteps id={FLOW.id} names={new Map([[aStep().memberId ?? "", "<img src=x onerror=1>"]])} />,
  );
  shown.client.setQueryData(meQuery.queryKey, { role } as never);
  return shown;
};

test("each step says its state, where it runs, its job, its time and its error", async () => {
  const failed = aWorkflow({
    state: "failed",
    error: "The check failed.",
    canCancel: false,
    canRetry: true,
    steps: [
      aStep({
        key: "a",
        title: "Look",
        state: "completed",
        jobId: "j-1",
        startedAt: "2026-11-26T03:00:00Z",
        endedAt: "2026-11-26T03:00:14Z",
      }),
      aStep({ key: "b", title: "Check", state: "failed", error: "haproxy.cfg:3 unknown keyword" }),
      aStep({ key: "c", title: "Reload" }),
    ],
  });
  answers("get", `/api/workflows/${FLOW.id}`, failed as never);
  open();
  const [look, check, reload] = await screen.findAllByRole("listitem");
  if (!look || !check || !reload) throw new Error("three steps were expected");
  expect(within(look).getByText("Completed")).toBeInTheDocument();
  expect(within(look).getByText("14 s")).toBeInTheDocument();
  expect(within(look).getByText("<img src=x onerror=1>")).toBeInTheDocument();
  expect(within(look).getByRole("link", { name: "Job of Look" })).toHaveAttribute("href", "/jobs/j-1");
  expect(within(check).getByText("haproxy.cfg:3 unknown keyword")).toBeInTheDocument();
  expect(within(reload).getByText("Waiting")).toBeInTheDocument();
  expect(document.querySelector("img")).toBeNull();
  expect(screen.getByRole("button", { name: "Retry" })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
});

test("cancel is asked first, begins on Cancel, and shows what the server answers", async () => {
  answers("get", `/api/workflows/${FLOW.id}`, FLOW as never);
  const came = answers(
    "post",
    `/api/workflows/${FLOW.id}/cancel`,
    aWorkflow({ state: "cancelling", canCancel: false }) as never,
    202,
  );
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Cancel" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("button", { name: "Cancel" })).toHaveFocus();
  expect(came).toHaveLength(0);
  answers("get", `/api/workflows/${FLOW.id}`, aWorkflow({ state: "cancelling", canCancel: false }) as never);
  await user.click(within(dialog).getByRole("button", { name: "Stop the workflow" }));
  expect(await screen.findByText("Being cancelled")).toBeInTheDocument();
  expect(came).toHaveLength(1);
});

test("a refused undo stays in its dialog with the server's sentence", async () => {
  answers(
    "get",
    `/api/workflows/${FLOW.id}`,
    aWorkflow({ state: "completed", canCancel: false, canUndo: true }) as never,
  );
  refuses("post", `/api/workflows/${FLOW.id}/undo`, {
    status: 409,
    code: "workflow_state",
    detail: "It is being undone already.",
  });
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await user.click(await screen.findByRole("button", { name: "Undo the steps" }));
  expect(await screen.findByText("It is being undone already.")).toBeInTheDocument();
});

test("who may only look is told why the buttons are off", async () => {
  answers("get", `/api/workflows/${FLOW.id}`, FLOW as never);
  const { user } = open("viewer");
  const cancel = await screen.findByRole("button", { name: "Cancel" });
  expect(cancel).toHaveAttribute("aria-disabled", "true");
  await user.click(cancel);
  expect(screen.queryByRole("dialog")).toBeNull();
});
