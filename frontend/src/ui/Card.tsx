import type { ReactNode } from "react";
import c from "./Card.module.css";

interface Props {
  title?: string;
  /** Beside the title, at the right. */
  right?: ReactNode;
  children: ReactNode;
  /** No padding: tables reach the edges. */
  flush?: boolean;
  className?: string | undefined;
}

export function Card({ title, right, children, flush = false, className }: Props) {
  return (
    <section className={[c["card"], className].filter(Boolean).join(" ")} aria-label={title}>
      {title && (
        <header className={c["head"]}>
          <h2 className={c["title"]}>{title}</h2>
          {right}
        </header>
      )}
      <div className={c["body"]} data-flush={flush}>
        {children}
      </div>
    </section>
  );
}
