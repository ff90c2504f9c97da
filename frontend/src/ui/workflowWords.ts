import {
  IconArrowBackUp,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconLoader2,
  IconPlayerSkipForwardFilled,
  IconSlash,
  IconSquareRoundedXFilled,
} from "@tabler/icons-react";
import type { Workflow, WorkflowStep } from "../api/workflows";
import type { Tone } from "./tones";

/** How the states of a step are called and drawn, everywhere. */
export const STEP_WORDS = {
  waiting: { word: "Waiting", tone: "idle", Icon: IconCircleDashed },
  running: { word: "Running", tone: "info", Icon: IconLoader2 },
  completed: { word: "Completed", tone: "ok", Icon: IconCircleCheckFilled },
  skipped: { word: "Skipped", tone: "idle", Icon: IconPlayerSkipForwardFilled },
  failed: { word: "Failed", tone: "down", Icon: IconSquareRoundedXFilled },
  cancelled: { word: "Cancelled", tone: "idle", Icon: IconSlash },
  undoing: { word: "Being taken back", tone: "info", Icon: IconLoader2 },
  undone: { word: "Taken back", tone: "idle", Icon: IconArrowBackUp },
  undo_failed: { word: "Not taken back", tone: "down", Icon: IconSquareRoundedXFilled },
} as const satisfies Record<WorkflowStep["state"], { word: string; tone: Tone; Icon: typeof IconSlash }>;

/** Marks that turn: work is under way. */
export const MOVING: ReadonlySet<WorkflowStep["state"]> = new Set(["running", "undoing"]);

export const FLOW_WORDS = {
  running: { word: "Running", tone: "info" },
  waiting: { word: "Waiting", tone: "late" },
  cancelling: { word: "Being cancelled", tone: "late" },
  undoing: { word: "Being taken back", tone: "info" },
  completed: { word: "Completed", tone: "ok" },
  failed: { word: "Failed", tone: "down" },
  cancelled: { word: "Cancelled", tone: "idle" },
  undone: { word: "Taken back", tone: "idle" },
} as const satisfies Record<Workflow["state"], { word: string; tone: Tone }>;
