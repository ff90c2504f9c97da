/** How things stand, in one word that picks hue, icon and mark. Role (active) and health never share a hue. */
export type Tone = "ok" | "late" | "down" | "idle" | "active" | "info";
export type Beat = "ok" | "late" | "down" | "none";
