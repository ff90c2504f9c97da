import type { ReactNode } from "react";
import c from "./Empty.module.css";

/** Nothing here yet: one sentence and one button. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className={c["empty"]}>
      <p>{children}</p>
      {action}
    </div>
  );
}
