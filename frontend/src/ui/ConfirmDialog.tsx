import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useEffect, useState } from "react";
import { ProblemNote } from "./ProblemNote";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Before and after, who is affected, why it is safe or not. */
  children?: ReactNode;
  /** Verb and object: "Cut DNS to edge-ams-1". */
  confirmLabel: string;
  danger?: boolean;
  /** Destructive: this text must be typed first, and Enter in the field does not confirm. */
  typed?: string;
  /** Why it cannot be done now, in a sentence; the button is off and the sentence is shown. */
  blocked?: string | null | undefined;
  busy?: boolean;
  problem?: unknown;
  onConfirm: () => void;
  size?: number;
}

/** Asks before something disruptive or destructive. Focus begins on Cancel; Escape closes; focus returns to the opener. */
export function ConfirmDialog(props: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  useFocusBack(props.opened);
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={<strong>{props.title}</strong>}
      size={props.size ?? 520}
      fullScreen={phone ?? false}
      closeOnClickOutside={!props.busy}
      trapFocus
      returnFocus
    >
      {/* Mounted anew each time: what was typed for one object never confirms another. */}
      {props.opened && <Body {...props} />}
    </Modal>
  );
}

/** Dialogs that an address opens are taken away, not closed: Modal's own return of the focus never comes then. */
function useFocusBack(opened: boolean): void {
  const [opener] = useState(() => (opened ? document.activeElement : null));
  useEffect(() => {
    if (!(opener instanceof HTMLElement)) return;
    return () => {
      // After whatever takes the dialog's place has had its turn to take the focus.
      setTimeout(() => {
        if (document.activeElement === document.body && opener.isConnected) opener.focus();
      });
    };
  }, [opener]);
}

function Body({ onClose, children, confirmLabel, danger, typed, blocked, busy, problem, onConfirm }: Props) {
  const [text, setText] = useState("");
  const ready = typed === undefined || text.trim() === typed;
  return (
    <>
      {children}
      {typed !== undefined && (
        <TextInput
          mt="md"
          label={
            <>
              Type <strong className="wrap">{typed}</strong> to confirm
            </>
          }
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {blocked && (
        <p role="note" style={{ margin: "12px 0 0", color: "var(--late-ink)" }}>
          {blocked}
        </p>
      )}
      {problem !== null && problem !== undefined && (
        <div style={{ marginTop: 12 }}>
          <ProblemNote problem={problem} />
        </div>
      )}
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color={danger ? "red" : "iris"}
          loading={busy ?? false}
          disabled={!ready || Boolean(blocked)}
          onClick={onConfirm}
        >
          {confirmLabel}
        </Button>
      </Group>
    </>
  );
}
