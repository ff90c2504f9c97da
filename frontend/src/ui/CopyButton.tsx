import { ActionIcon, Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { announce } from "./announce";

interface Props {
  value: string;
  /** What is copied: "Copy the command". */
  label: string;
  /** An icon alone, for lines of text. */
  bare?: boolean;
  onCopied?: () => void;
}

const STAYS_MS = 2000;

/** Copied is announced and stays for 2 s. */
export function CopyButton({ value, label, bare = false, onCopied }: Props) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    await write(value);
    setCopied(true);
    announce("Copied");
    onCopied?.();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), STAYS_MS);
  };
  const Icon = copied ? IconCheck : IconCopy;
  if (bare) {
    return (
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={copied ? "Copied" : label}
        onClick={() => void copy()}
      >
        <Icon size={14} aria-hidden />
      </ActionIcon>
    );
  }
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Icon size={15} aria-hidden />}
      aria-label={copied ? "Copied" : label}
      onClick={() => void copy()}
    >
      {copied ? "Copied" : "Copy"}
    </Button>
  );
}

/** Clipboards are closed on plain http; a selection in a hidden field is what is left then. */
async function write(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "vh";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
