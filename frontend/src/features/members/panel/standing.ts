import type { BeatState } from "../../../api/beats";
import type { PoolMember } from "../../../api/pool";

/** Down or unknown: numbers on screen are the last known ones, and say so. */
export const isSilent = (state: BeatState): boolean => state === "down" || state === "unknown";

/** What decides whether a command fits: what the member's last heartbeat said of itself. */
export function hostOf(member: PoolMember): { agentVersion: number | null; stacks: readonly string[] } | null {
  const { heartbeat } = member;
  if (!heartbeat || heartbeat.ageSec === null) return null;
  return { agentVersion: heartbeat.agentVersion, stacks: heartbeat.stacks };
}
