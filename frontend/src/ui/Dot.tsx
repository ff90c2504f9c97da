import c from "./Dot.module.css";
import type { Tone } from "./tones";

/** A mark beside a word: round for healthy and late, square for down, a dashed ring for unknown. */
export function Dot({ tone, pulse = false }: { tone: Tone; pulse?: boolean }) {
  return <span aria-hidden className={c["dot"]} data-tone={tone} data-pulse={pulse} />;
}
