import type { Tone } from "../../ui/tones";
import type { Snapshot } from "./backupQueries";

/** The state of a snapshot in a word, with its hue. */
export function stateWord(snapshot: Pick<Snapshot, "state" | "object">): { word: string; tone: Tone } {
  if (snapshot.object === "missing" && snapshot.state !== "deleting") return { word: "Objects missing", tone: "down" };
  switch (snapshot.state) {
    case "complete":
      return { word: "Complete", tone: "ok" };
    case "partial":
      return { word: "Partial", tone: "late" };
    case "failed":
      return { word: "Failed", tone: "down" };
    case "running":
      return { word: "Running", tone: "info" };
    default:
      return { word: "Being deleted", tone: "idle" };
  }
}

/** Metadata and object, apart: one without the other is no backup. */
export function placesWord(snapshot: Pick<Snapshot, "metadata" | "object">): string {
  const object =
    snapshot.object === "present"
      ? "objects present"
      : snapshot.object === "missing"
        ? "objects missing"
        : "objects not looked at";
  return `Metadata ${snapshot.metadata} · ${object}`;
}

export const usable = (snapshot: Pick<Snapshot, "state">): boolean =>
  snapshot.state === "complete" || snapshot.state === "partial";
