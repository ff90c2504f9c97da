import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem } from "../api/problem";
import { announce } from "./announce";

const UNDO_MS = 8000;

/** Short words about something that is done. With `undo`, the way back stays for 8 s. */
export const toast = {
  done(text: string, undo?: () => void): void {
    announce(text);
    const id = notifications.show({
      message: (
        <span style={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 12 }}>
          {text}
          {undo && (
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() => {
                notifications.hide(id);
                undo();
              }}
            >
              Undo
            </Button>
          )}
        </span>
      ),
      autoClose: undo ? UNDO_MS : 4000,
      color: "green",
      withCloseButton: true,
      closeButtonProps: { "aria-label": "Dismiss" },
    });
  },
  failed(error: unknown): void {
    const problem = asProblem(error);
    notifications.show({
      message: problem.message,
      color: "red",
      autoClose: 10_000,
      role: "alert",
      closeButtonProps: { "aria-label": "Dismiss" },
    });
  },
};
