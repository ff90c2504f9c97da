import type { ReactNode } from "react";
import c from "./PageHeader.module.css";
import { usePageTitle } from "./pageTitle";

interface Props {
  title: string;
  /** Pills beside the title. */
  badges?: ReactNode;
  /** Short facts under the title, each its own element. */
  facts?: ReactNode;
  actions?: ReactNode;
}

/** The one h1 of a page, which names the browser's tab too, its facts and its main actions. */
export function PageHeader({ title, badges, facts, actions }: Props) {
  usePageTitle(title);
  return (
    <div className={c["head"]}>
      <div className={c["words"]}>
        <div className={c["line"]}>
          <h1 className={c["title"]}>{title}</h1>
          {badges}
        </div>
        {facts && <div className={c["facts"]}>{facts}</div>}
      </div>
      {actions && <div className={c["actions"]}>{actions}</div>}
    </div>
  );
}
