import type { ReactNode } from "react";
import c from "./Kpi.module.css";

interface Props {
  label: string;
  value: ReactNode;
  /** Beside the value, smaller: "of 4". */
  unit?: ReactNode;
  /** A line under it. */
  note?: ReactNode;
  /** A small picture: segments, a strip, a sparkline. */
  children?: ReactNode;
  /** At the right of the label: "4 cores". */
  side?: ReactNode;
  /** The number is old or unknown: it is dimmed. */
  dim?: boolean;
}

/** One number with its words. A grid of them is `KpiRow`. */
export function Kpi({ label, value, unit, note, children, side, dim = false }: Props) {
  return (
    <div className={c["kpi"]} data-dim={dim}>
      <div className={c["label"]}>
        <span>{label}</span>
        {side && <span>{side}</span>}
      </div>
      <div className={`${c["value"]} num`}>
        {value}
        {unit && <small> {unit}</small>}
      </div>
      {note && <div className={c["note"]}>{note}</div>}
      {children && <div className={c["picture"]}>{children}</div>}
    </div>
  );
}

export function KpiRow({ children, columns = 5 }: { children: ReactNode; columns?: 4 | 5 | 6 | 7 }) {
  return (
    <div className={c["row"]} data-columns={columns}>
      {children}
    </div>
  );
}

/** Equal parts of a bar, one for each thing counted; the words beside it say the same. */
export function Segments({ tones }: { tones: readonly ("ok" | "late" | "down" | "idle" | "active" | "rest")[] }) {
  return (
    <div className={c["segments"]} aria-hidden>
      {tones.map((tone, place) => (
        <i key={place} data-tone={tone} />
      ))}
    </div>
  );
}
