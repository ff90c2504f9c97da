import c from "./haproxy.module.css";
import type { FileDiff } from "./haproxyQueries";

const WORDS: Readonly<Record<FileDiff["change"], string>> = { added: "added", removed: "removed", changed: "changed" };

/** What differs, file by file. Signs at the beginning of each line say it without colour too. */
export function FileDiffs({ files, none }: { files: readonly FileDiff[]; none: string }) {
  if (files.length === 0) return <p className={c["about"]}>{none}</p>;
  return files.map((file) => (
    <div key={file.path}>
      <h3 className={c["path"]}>
        <span className="mono">{file.path}</span> {WORDS[file.change]}, +{file.added} −{file.removed} lines
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard */}
      <pre className={c["diff"]} tabIndex={0}>
        {file.diff.split("\n").map((line, place) => (
          <span key={place} data-mark={line.charAt(0)}>
            {line}
          </span>
        ))}
      </pre>
    </div>
  ));
}
