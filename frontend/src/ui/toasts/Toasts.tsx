import "@mantine/notifications/styles.layer.css";
import { Button } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import c from "./Toasts.module.css";

const UNDO_MS = 8000;

export default function Toasts() {
  return <Notifications position="bottom-right" limit={4} />;
}

export function showDone(text: string, undo?: () => void): void {
  const id = notifications.show({
    message: (
      <span className={c["line"]}>
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
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}

export function showFailed(text: string): void {
  notifications.show({
    message: text,
    color: "red",
    autoClose: 10_000,
    role: "alert",
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}
