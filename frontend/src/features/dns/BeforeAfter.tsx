import { IconArrowRight } from "@tabler/icons-react";
import c from "./name.module.css";

/** Two lists side by side: what stands now and what will stand. */
export function BeforeAfter({ before, after }: { before: readonly string[]; after: readonly string[] }) {
  return (
    <div className={c["beforeAfter"]}>
      <Side title="Now" lines={before} />
      <IconArrowRight size={18} aria-hidden />
      <Side title="Then" lines={after} />
    </div>
  );
}

function Side({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <div className={c["side"]}>
      <h3>{title}</h3>
      <ul>
        {lines.map((line, place) => (
          <li key={place} className="mono wrap">
            {line}
          </li>
        ))}
      </ul>
    </div>
  );
}
