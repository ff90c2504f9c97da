import { IconSquareRoundedXFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { asProblem } from "../api/problem";
import { CopyButton } from "./CopyButton";
import c from "./ProblemNote.module.css";

/** What happened and the fix, in the server's own sentence, with the code to copy into a report. */
export function ProblemNote({ problem, children }: { problem: unknown; children?: ReactNode }) {
  if (problem === null || problem === undefined) return null;
  const { message, code, requestId, retryAfterSec } = asProblem(problem);
  return (
    <div role="alert" className={c["note"]}>
      <IconSquareRoundedXFilled size={18} aria-hidden className={c["icon"]} />
      <div className={c["body"]}>
        <p className={c["text"]}>
          {message}
          {retryAfterSec !== null && ` Try again in ${retryAfterSec} s.`}
        </p>
        <p className={c["code"]}>
          <code>{code}</code>
          <CopyButton value={requestId ? `${code} (request ${requestId})` : code} label="Copy the error code" bare />
        </p>
        {children}
      </div>
    </div>
  );
}
