import { memo } from "react";
import c from "./BeatStrip.module.css";
import type { Beat } from "./tones";

interface Props {
  beats: readonly Beat[];
  /** What the picture shows, in words: "edge-1: 57 of the last 60 heartbeats on time". */
  label: string;
  height?: 14 | 18 | 20;
}

/** The last heartbeats, oldest at the left. */
export const BeatStrip = memo(function BeatStrip({ beats, label, height = 18 }: Props) {
  return (
    <div className={c["strip"]} data-height={height} role="img" aria-label={label}>
      {beats.map((beat, place) => (
        <i key={place} data-beat={beat} />
      ))}
    </div>
  );
});
