import { useId } from "react";
import type { Tone } from "./tones";

interface Props {
  /** Oldest first; null is a gap: nothing is known, and nothing is drawn. */
  values: readonly (number | null)[];
  tone?: Tone | "accent";
  height?: number;
  max?: number;
  /** A dashed line at this value. */
  threshold?: number;
}

const WIDTH = 240;

/** A line without axes. The number beside it says the value; the picture says only how it went. */
export function Sparkline({ values, tone = "accent", height = 44, max, threshold }: Props) {
  const gradient = useId();
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return <div style={{ height }} aria-hidden />;
  const top = max ?? Math.max(...known, 0.001) * 1.15;
  const x = (place: number) => (place / (values.length - 1)) * WIDTH;
  const y = (value: number) => height - 2 - (Math.min(value, top) / top) * (height - 6);
  const runs = runsOf(values);
  const line = runs
    .map((run) =>
      run.map(([place, value], i) => `${i ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`).join(""),
    )
    .join("");
  const area = runs
    .filter((run) => run.length > 1)
    .map((run) => {
      const drawn = run
        .map(([place, value], i) => `${i ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`)
        .join("");
      return `${drawn}L${x(run[run.length - 1]?.[0] ?? 0).toFixed(1)} ${height}L${x(run[0]?.[0] ?? 0).toFixed(1)} ${height}Z`;
    })
    .join("");
  const colour = `var(--${tone === "active" ? "accent" : tone})`;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${height}`}
      width="100%"
      height={height}
      preserveAspectRatio="none"
      aria-hidden
      style={{ display: "block", overflow: "visible" }}
    >
      <defs>
        <linearGradient id={gradient} x1="0" x2="0" y1="0" y2="1">
          <stop offset="0" stopColor={colour} stopOpacity=".26" />
          <stop offset="1" stopColor={colour} stopOpacity="0" />
        </linearGradient>
      </defs>
      {threshold !== undefined && (
        <line
          x1="0"
          x2={WIDTH}
          y1={y(threshold)}
          y2={y(threshold)}
          stroke="var(--border-2)"
          strokeDasharray="3 4"
          vectorEffect="non-scaling-stroke"
        />
      )}
      <path d={area} fill={`url(#${gradient})`} />
      <path
        d={line}
        fill="none"
        stroke={colour}
        strokeWidth="1.6"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

function runsOf(values: readonly (number | null)[]): [number, number][][] {
  const runs: [number, number][][] = [];
  let open: [number, number][] = [];
  values.forEach((value, place) => {
    if (value === null) {
      if (open.length > 0) runs.push(open);
      open = [];
    } else open.push([place, value]);
  });
  if (open.length > 0) runs.push(open);
  return runs;
}
