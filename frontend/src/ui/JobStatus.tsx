import {
  IconCircleCheckFilled,
  type IconCircleDashed,
  IconClock,
  IconHandStop,
  IconHelpCircleFilled,
  IconHourglassEmpty,
  IconLoader2,
  IconSlash,
  IconSquareRoundedXFilled,
} from "@tabler/icons-react";
import type { JobStatus } from "../api/jobs";
import c from "./JobStatus.module.css";
import pill from "./Pill.module.css";
import type { Tone } from "./tones";

/** How the states of a job are called and coloured, everywhere. */
export const JOB_WORDS = {
  pending: { word: "Pending", tone: "idle", Icon: IconClock },
  running: { word: "Running", tone: "info", Icon: IconLoader2 },
  completed: { word: "Completed", tone: "ok", Icon: IconCircleCheckFilled },
  failed: { word: "Failed", tone: "down", Icon: IconSquareRoundedXFilled },
  cancelled: { word: "Cancelled", tone: "idle", Icon: IconSlash },
  timed_out: { word: "Timed out", tone: "down", Icon: IconHourglassEmpty },
  unknown: { word: "Outcome unknown", tone: "late", Icon: IconHelpCircleFilled },
  held: { word: "Held", tone: "late", Icon: IconHandStop },
} as const satisfies Record<JobStatus, { word: string; tone: Tone; Icon: typeof IconCircleDashed }>;

export function JobPill({ status }: { status: JobStatus }) {
  const { word, tone, Icon } = JOB_WORDS[status];
  return (
    <span className={pill["pill"]} data-tone={tone}>
      <Icon size={13} aria-hidden className={status === "running" ? c["turning"] : undefined} />
      {word}
    </span>
  );
}

/** The mark alone, for lines that say the word elsewhere or to screen readers. */
export function JobIcon({ status, size = 18 }: { status: JobStatus; size?: number }) {
  const { tone, Icon } = JOB_WORDS[status];
  return (
    <Icon
      size={size}
      aria-hidden
      data-tone={tone}
      className={`${pill["icon"]} ${status === "running" ? c["turning"] : ""}`}
    />
  );
}

/** How far it is. Without a known percentage nothing is drawn: a bar that moves by itself would be invented. */
export function JobBar({ percent, label }: { percent: number | null; label: string }) {
  if (percent === null) return null;
  const value = Math.max(0, Math.min(100, percent));
  return (
    <div
      className={c["bar"]}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value)}
    >
      <i style={{ width: `${value}%` }} />
    </div>
  );
}
