import { api, take } from "../../../api/client";
import { orderForMember } from "../../../api/jobs";
import type { PoolMember } from "../../../api/pool";
import { asProblem } from "../../../api/problem";

export interface BulkAction {
  id: "update" | "maintenance-on" | "maintenance-off";
  label: string;
  /** What happens to each, in a sentence. */
  says: string;
  /** Why this one is left out, or null. */
  skip: (member: PoolMember) => string | null;
  run: (member: PoolMember) => Promise<unknown>;
}

const setMaintenance = (memberId: string, maintenance: boolean) =>
  take(api.PATCH("/api/members/{memberId}", { params: { path: { memberId } }, body: { maintenance } }));

export const BULK: readonly BulkAction[] = [
  {
    id: "update",
    label: "Update the agent",
    says: "Each agent fetches the signed release, tries it out and restarts into it. A version that brings no heartbeat gives way to the one before.",
    skip: (member) => {
      if (member.heartbeat?.agentVersion == null) return "no agent was heard yet";
      return member.agentOutdated ? null : `runs the latest version already (v${member.heartbeat.agentVersion})`;
    },
    run: (member) => orderForMember(member.id, { command: "agent.update" }, crypto.randomUUID()),
  },
  {
    id: "maintenance-on",
    label: "Start maintenance",
    says: "These members are never promoted until their maintenance ends. An active one stays active.",
    skip: (member) => (member.maintenance ? "is in maintenance already" : null),
    run: (member) => setMaintenance(member.id, true),
  },
  {
    id: "maintenance-off",
    label: "End maintenance",
    says: "These members may be promoted again, as soon as they are ready.",
    skip: (member) => (member.maintenance ? null : "is not in maintenance"),
    run: (member) => setMaintenance(member.id, false),
  },
];

export interface BulkCount {
  done: number;
  failed: { name: string; why: string }[];
  waiting: number;
}

const AT_ONCE = 4;
const TRIES = 4;

/** Runs an action for each member, a few at a time. A member that fails stops nobody else. */
export async function runBulk(
  members: readonly PoolMember[],
  run: BulkAction["run"],
  onCount: (count: BulkCount) => void,
): Promise<BulkCount> {
  const queue = [...members];
  const count: BulkCount = { done: 0, failed: [], waiting: members.length };
  const worker = async () => {
    for (let member = queue.shift(); member !== undefined; member = queue.shift()) {
      try {
        await patiently(member, run);
        count.done += 1;
      } catch (error) {
        count.failed.push({ name: member.displayName, why: asProblem(error).message });
      }
      count.waiting -= 1;
      onCount({ ...count, failed: [...count.failed] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return count;
}

/** The server may say "slower": then it is asked again when it said. */
async function patiently(member: PoolMember, run: BulkAction["run"]): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await run(member);
      return;
    } catch (error) {
      const { status, retryAfterSec } = asProblem(error);
      if (status !== 429 || tried === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, (retryAfterSec ?? 1) * 1000));
    }
  }
}
