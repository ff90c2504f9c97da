import c from "./CommandBlock.module.css";
import { CopyButton } from "./CopyButton";

/** A command to paste, wrapped so that all of it can be read before it is run. */
export function CommandBlock({ command, label = "Copy the command" }: { command: string; label?: string }) {
  return (
    <div className={c["block"]}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <pre className={c["text"]} tabIndex={0}>
        <code>{command}</code>
      </pre>
      <div className={c["copy"]}>
        <CopyButton value={command} label={label} />
      </div>
    </div>
  );
}
