import type { Attention } from "../../api/attention";
import type { Wire } from "../../api/client";
import { plural } from "../../lib/numbers";
import type { Tone } from "../../ui/tones";

export type Split = Wire<"HealthSplit">;
type Pool = Pick<Wire<"PoolOut">, "health">;

/** How all members stand, over all pools. */
export function fleetSplit(pools: readonly Pool[]): Split {
  const sum: Split = { members: 0, fresh: 0, late: 0, down: 0, unknown: 0 };
  for (const { health } of pools) {
    if (health === undefined) continue;
    for (const part of ["members", "fresh", "late", "down", "unknown"] as const) sum[part] += health[part];
  }
  return sum;
}

export interface FleetVerdict {
  tone: Tone;
  text: string;
  detail: string;
}

/** One line for everything that is watched: may one look away? */
export function fleetVerdict(pools: readonly Pool[], attention: Pick<Attention, "items" | "more">): FleetVerdict {
  const split = fleetSplit(pools);
  if (pools.length === 0)
    return { tone: "idle", text: "Nothing is watched yet", detail: "Add the first pool to begin." };
  if (split.members === 0) {
    return {
      tone: "idle",
      text: "No member is enrolled yet",
      detail: `${plural(pools.length, "pool")} without members.`,
    };
  }
  const critical = attention.items.filter((item) => item.severity === "critical");
  const blind = critical.find((item) => item.kind === "liveness_unknown");
  if (blind) return { tone: "idle", text: "Nobody knows how the members stand", detail: blind.text };
  if (critical.length > 0) {
    const touched = new Set(critical.flatMap((item) => (item.poolName ? [item.poolName] : [])));
    const [first] = touched;
    const text =
      touched.size === 1
        ? `${first} needs somebody now`
        : touched.size > 1
          ? `${touched.size} pools need somebody now`
          : "Somebody is needed now";
    const rest = critical.length - 1;
    const more = rest > 0 ? ` And ${rest}${attention.more ? " or more" : ""} more.` : "";
    return { tone: "down", text, detail: `${critical[0]?.text ?? ""}${more}` };
  }
  if (attention.items.length > 0) {
    const things = plural(attention.items.length, "thing wants", "things want");
    return { tone: "late", text: `Everything serves; ${things} a look`, detail: attention.items[0]?.text ?? "" };
  }
  const members = `${plural(split.members, "member")} in ${plural(pools.length, "pool")}`;
  if (split.down + split.unknown > 0) {
    return { tone: "ok", text: "All is well", detail: `${members}; ${split.fresh + split.late} are heard.` };
  }
  return { tone: "ok", text: "All is well", detail: `${members}, and all of them are heard.` };
}
