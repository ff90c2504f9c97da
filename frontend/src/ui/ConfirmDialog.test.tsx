import { screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { Problem } from "../api/problem";
import { show } from "../testing/render";
import { ConfirmDialog } from "./ConfirmDialog";

function Page({
  onConfirm,
  typed,
  blocked,
  problem,
}: {
  onConfirm: () => void;
  typed?: string;
  blocked?: string;
  problem?: unknown;
}) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpened(true)}>
        Remove
      </button>
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title="Remove edge-1?"
        confirmLabel="Remove edge-1"
        danger
        onConfirm={onConfirm}
        blocked={blocked}
        problem={problem}
        {...(typed ? { typed } : {})}
      />
    </>
  );
}

test("the focus begins on Cancel, Escape closes, and the focus returns to the opener", async () => {
  const confirm = vi.fn();
  const { user } = show(<Page onConfirm={confirm} />);
  const opener = await screen.findByRole("button", { name: "Remove" });
  await user.click(opener);
  await waitFor(() => expect(screen.getByRole("button", { name: "Cancel" })).toHaveFocus());
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  await waitFor(() => expect(opener).toHaveFocus());
  expect(confirm).not.toHaveBeenCalled();
});

test("a typed name is needed, and Enter in its field confirms nothing", async () => {
  const confirm = vi.fn();
  const { user } = show(<Page onConfirm={confirm} typed="edge-1" />);
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  const button = await screen.findByRole("button", { name: "Remove edge-1" });
  expect(button).toBeDisabled();
  await user.type(screen.getByRole("textbox"), "edge-1{Enter}");
  expect(confirm).not.toHaveBeenCalled();
  await user.click(button);
  expect(confirm).toHaveBeenCalledTimes(1);
});

test("what was typed once does not stand there the next time", async () => {
  const { user } = show(<Page onConfirm={() => undefined} typed="edge-1" />);
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  await user.type(await screen.findByRole("textbox"), "edge-1");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  await user.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByRole("textbox")).toHaveValue("");
});

test("while it cannot be done it says why, and a refusal is shown in place", async () => {
  const { user } = show(
    <Page
      onConfirm={() => undefined}
      blocked="It is active."
      problem={new Problem({ status: 409, code: "member_is_active", detail: "Make another one active first." })}
    />,
  );
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  expect(await screen.findByText("It is active.")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Remove edge-1" })).toBeDisabled();
  expect(screen.getByRole("alert")).toHaveTextContent("Make another one active first.");
});
