import type { PoolMember } from "../../../api/pool";

export interface UpdatePlan {
  update: PoolMember[];
  skipped: { member: PoolMember; why: string }[];
}

/** Who gets a job to update its agent, and who is left out and why. Members that are up to date are neither. */
export function updatePlan(members: readonly PoolMember[]): UpdatePlan {
  const plan: UpdatePlan = { update: [], skipped: [] };
  for (const member of members) {
    if (!member.agentOutdated) continue;
    const why = whyNot(member);
    if (why === null) plan.update.push(member);
    else plan.skipped.push({ member, why });
  }
  return plan;
}

function whyNot({ heartbeat, maintenance }: PoolMember): string | null {
  if (heartbeat === null || heartbeat.state === "unknown") return "It was never heard.";
  if (heartbeat.state === "down") return "It is down: a job would wait until it is heard again.";
  if (maintenance) return "It is in maintenance.";
  return null;
}
