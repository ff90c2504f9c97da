import { useReducedMotion } from "@mantine/hooks";
import c from "./Flow.module.css";
import { areStacked, type Box, pathBetween } from "./paths";

/** live: traffic runs here; still: it would; ready: a standby that can take over; off: nothing can pass. */
export type LineKind = "live" | "still" | "ready" | "off";
export interface Line {
  from: string;
  to: string;
  kind: LineKind;
}

const DOTS_EVERY_SEC = [0, 0.5, 1] as const;

/** The lines below the cards. Dots travel only where traffic does, and only for people who want motion. */
export function Lines({ lines, boxes }: { lines: readonly Line[]; boxes: ReadonlyMap<string, Box> }) {
  const reduced = useReducedMotion(true, { getInitialValueInEffect: false });
  let stackedFrom: string | null = null;
  return (
    <svg className={c["lines"]} aria-hidden>
      {lines.map((line) => {
        const [from, to] = [boxes.get(line.from), boxes.get(line.to)];
        if (areStacked(from, to)) {
          if (stackedFrom === line.from) return null;
          stackedFrom = line.from;
        }
        const path = pathBetween(from, to);
        if (path === null) return null;
        return (
          <g key={`${line.from} ${line.to}`}>
            <path d={path} className={c["line"]} data-kind={line.kind} />
            {line.kind === "live" &&
              !reduced &&
              DOTS_EVERY_SEC.map((begin) => (
                <circle key={begin} r="3.4" className={c["traffic"]}>
                  <animateMotion dur="1.5s" begin={`-${begin}s`} repeatCount="indefinite" path={path} />
                </circle>
              ))}
          </g>
        );
      })}
    </svg>
  );
}
