import type { Tone } from "../../ui/tones";
import type { Check, Version } from "./haproxyQueries";

export const ORIGIN_WORDS: Readonly<Record<Version["origin"], string>> = {
  imported: "Imported from the host",
  edited: "Edited here",
  adopted: "Adopted from the host",
  rolled_out: "Rolled out from another member",
  certificate: "Made for a certificate",
};

export const STATE_WORDS = {
  draft: { word: "Draft", tone: "idle" },
  applied: { word: "Applied", tone: "ok" },
  reverted: { word: "Reverted", tone: "late" },
  failed: { word: "Failed", tone: "down" },
} as const satisfies Record<Version["state"], { word: string; tone: Tone }>;

export function checkWords(check: Check | null): { word: string; tone: Tone } {
  if (check === null) return { word: "Not checked", tone: "idle" };
  if (check.valid === null) return { word: "Check not possible", tone: "late" };
  return check.valid ? { word: "Valid", tone: "ok" } : { word: "Invalid", tone: "down" };
}
