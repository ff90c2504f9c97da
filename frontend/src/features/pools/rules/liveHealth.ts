import { useEffect, useState } from "react";
import { beats } from "../../../api/beats";
import { type HealthWord, healthOf } from "../../../api/health";
import type { PoolMember } from "../../../api/pool";

export type HealthById = ReadonlyMap<string, HealthWord>;

export interface Split {
  ok: number;
  late: number;
  down: number;
  idle: number;
}

const EVERY_MS = 1000;

/**
 * How each member stands by the heartbeats that arrive, looked at once a second. The map is a new one only when a word
 * changed, so a thousand beats that say the same repaint nothing.
 */
export function useLiveHealth(members: readonly PoolMember[]): HealthById {
  const [known, setKnown] = useState(() => look(members));
  useEffect(() => {
    const again = () =>
      setKnown((before) => {
        const next = look(members);
        return same(before, next) ? before : next;
      });
    again();
    const timer = setInterval(again, EVERY_MS);
    return () => clearInterval(timer);
  }, [members]);
  return known;
}

function look(members: readonly PoolMember[]): HealthById {
  return new Map(
    members.map((member) => [
      member.id,
      healthOf({ ...beats.get(member.id), haproxyMonitored: member.heartbeat?.haproxyMonitored }),
    ]),
  );
}

function same(a: HealthById, b: HealthById): boolean {
  if (a.size !== b.size) return false;
  for (const [id, { word }] of a) if (b.get(id)?.word !== word) return false;
  return true;
}

export function splitOf(health: HealthById): Split {
  const split: Split = { ok: 0, late: 0, down: 0, idle: 0 };
  for (const { tone } of health.values()) split[tone] += 1;
  return split;
}

/** "1 late, 1 down", or that nothing is wrong. */
export function splitWords({ ok, late, down, idle }: Split): string {
  const parts = [
    late > 0 ? `${late} late` : "",
    down > 0 ? `${down} down` : "",
    idle > 0 ? `${idle} unknown` : "",
  ].filter(Boolean);
  if (parts.length > 0) return parts.join(", ");
  return ok === 0 ? "No members yet" : ok === 1 ? "It is heard" : "All are heard";
}
