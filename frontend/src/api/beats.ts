import { useSyncExternalStore } from "react";

export type BeatState = "fresh" | "late" | "down" | "unknown";

/** What is known of a member's heartbeat now. `heardAt` is on the browser's own monotonic clock, in milliseconds. */
export interface LiveBeat {
  state: BeatState;
  heardAt: number | null;
  haproxyActive: boolean | null;
  /** Known from the overview; the stream's beats leave it out. */
  haproxyMonitored: boolean | null;
  cpuPct: number | null;
  memoryPct: number | null;
  load: number | null;
  sessions: number | null;
  agentVersion: number | null;
  /** One character a second, oldest first: o heard, l late, d HAProxy inactive, . unknown. */
  strip: string;
}

export interface BeatNews {
  id: string;
  state: BeatState;
  ageSec: number | null;
  haproxyActive?: boolean | null;
  haproxyMonitored?: boolean | null;
  cpuPct?: number | null;
  memoryPct?: number | null;
  load?: number | null;
  sessions?: number | null;
  agentVersion?: number | null;
}

export const STRIP_LENGTH = 60;

const UNKNOWN: LiveBeat = {
  state: "unknown",
  heardAt: null,
  haproxyActive: null,
  haproxyMonitored: null,
  cpuPct: null,
  memoryPct: null,
  load: null,
  sessions: null,
  agentVersion: null,
  strip: "",
};

/**
 * The heartbeats of the members on screen, outside of React: one beat wakes the components that show this one member
 * and nobody else. Two thousand rows stay still while one of them changes.
 */
export class BeatStore {
  private readonly beats = new Map<string, LiveBeat>();
  private readonly listeners = new Map<string, Set<() => void>>();

  get(id: string): LiveBeat {
    return this.beats.get(id) ?? UNKNOWN;
  }

  subscribe(id: string, listener: () => void): () => void {
    const some = this.listeners.get(id) ?? new Set();
    some.add(listener);
    this.listeners.set(id, some);
    return () => {
      some.delete(listener);
      if (some.size === 0) this.listeners.delete(id);
    };
  }

  /** Nobody knows how the members of a pool stand: the heartbeat store is away. */
  lose(ids: Iterable<string>): void {
    for (const id of ids) this.put(id, { ...this.get(id), state: "unknown" });
  }

  /** What the overview of a pool said, with the strip of the last seconds where it was asked for. */
  seed(news: BeatNews, strip: string | undefined, now: number): void {
    const before = this.get(news.id);
    this.put(news.id, { ...merged(before, news, now), strip: (strip ?? before.strip).slice(-STRIP_LENGTH) });
  }

  /** A message of the stream: each member that it names gets one more character on its strip. */
  hear(news: readonly BeatNews[], now: number): void {
    for (const one of news) {
      const before = this.get(one.id);
      const next = merged(before, one, now);
      const stopped = next.haproxyMonitored === true && next.haproxyActive === false && next.state === "fresh";
      const letter = stopped ? "d" : LETTER[one.state];
      this.put(one.id, { ...next, strip: (before.strip + letter).slice(-STRIP_LENGTH) });
    }
  }

  private put(id: string, next: LiveBeat): void {
    this.beats.set(id, next);
    for (const listener of this.listeners.get(id) ?? []) listener();
  }
}

const LETTER: Record<BeatState, string> = { fresh: "o", late: "l", down: "l", unknown: "." };

function merged(before: LiveBeat, news: BeatNews, now: number): LiveBeat {
  const pick = <Value>(told: Value | undefined, old: Value): Value => (told === undefined ? old : told);
  return {
    state: news.state,
    heardAt: news.ageSec === null ? null : now - news.ageSec * 1000,
    haproxyActive: pick(news.haproxyActive, before.haproxyActive),
    haproxyMonitored: pick(news.haproxyMonitored, before.haproxyMonitored),
    cpuPct: pick(news.cpuPct, before.cpuPct),
    memoryPct: pick(news.memoryPct, before.memoryPct),
    load: pick(news.load, before.load),
    sessions: pick(news.sessions, before.sessions),
    agentVersion: pick(news.agentVersion, before.agentVersion),
    strip: before.strip,
  };
}

export const beats = new BeatStore();

/** The live heartbeat of one member; the component repaints when this member's beat arrives. */
export function useBeat(id: string): LiveBeat {
  return useSyncExternalStore(
    (listener) => beats.subscribe(id, listener),
    () => beats.get(id),
  );
}
