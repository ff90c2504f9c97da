import c from "./editor.module.css";

interface Props {
  paths: readonly string[];
  chosen: string;
  changed?: ReadonlySet<string>;
  onChoose: (path: string) => void;
}

/** One tab for each file; arrow keys go along them. */
export function FileTabs({ paths, chosen, changed, onChoose }: Props) {
  const step = (by: number, tab: HTMLElement) => {
    const next = paths[(paths.indexOf(chosen) + by + paths.length) % paths.length];
    if (next === undefined) return;
    onChoose(next);
    const tabs = tab.parentElement?.querySelectorAll<HTMLElement>("[role=tab]");
    tabs?.[paths.indexOf(next)]?.focus();
  };
  return (
    <div role="tablist" aria-label="Files" className={c["files"]}>
      {paths.map((path) => (
        <button
          key={path}
          type="button"
          role="tab"
          className={c["file"]}
          aria-selected={path === chosen}
          tabIndex={path === chosen ? 0 : -1}
          onClick={() => onChoose(path)}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight") step(1, event.currentTarget);
            if (event.key === "ArrowLeft") step(-1, event.currentTarget);
          }}
        >
          {path}
          {changed?.has(path) && <span> (changed)</span>}
        </button>
      ))}
    </div>
  );
}
