import type { Beat } from "../../../ui/tones";

const BEATS: Readonly<Record<string, Beat>> = { o: "ok", l: "late", d: "down", ".": "none" };

/** The last seconds of a strip as marks, oldest first; what is not known yet stands at the left. */
export function beatsOf(strip: string, seconds: number): Beat[] {
  const known = [...strip.slice(-seconds)].map((letter) => BEATS[letter] ?? "none");
  return [...Array.from({ length: seconds - known.length }, (): Beat => "none"), ...known];
}

/** "edge-1: 57 of the last 60 seconds with a heartbeat". */
export function stripWords(name: string, beats: readonly Beat[]): string {
  const known = beats.filter((beat) => beat !== "none").length;
  if (known === 0) return `${name}: nothing is known of the last seconds`;
  const good = beats.filter((beat) => beat === "ok").length;
  return `${name}: ${good} of the last ${known} seconds with a good heartbeat`;
}
