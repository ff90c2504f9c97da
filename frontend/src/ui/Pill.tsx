import {
  IconAlertTriangleFilled,
  IconBolt,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconClockPause,
  IconSquareRoundedXFilled,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import c from "./Pill.module.css";
import type { Tone } from "./tones";

const ICONS = {
  ok: IconCircleCheckFilled,
  late: IconAlertTriangleFilled,
  down: IconSquareRoundedXFilled,
  idle: IconCircleDashed,
  active: IconBolt,
  info: IconClockPause,
} satisfies Record<Tone, unknown>;

interface Props {
  tone: Tone;
  children: ReactNode;
  icon?: boolean;
}

/** A state in a word, an icon and a colour. */
export function Pill({ tone, children, icon = true }: Props) {
  const Icon = ICONS[tone];
  return (
    <span className={c["pill"]} data-tone={tone}>
      {icon && <Icon size={13} aria-hidden />}
      {children}
    </span>
  );
}

/** The same icon without the frame, for sentences and verdicts. */
export function ToneIcon({ tone, size = 18 }: { tone: Tone; size?: number }) {
  const Icon = ICONS[tone];
  return <Icon size={size} aria-hidden className={c["icon"]} data-tone={tone} />;
}
