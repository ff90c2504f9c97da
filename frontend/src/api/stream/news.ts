import type { QueryClient } from "@tanstack/react-query";
import { type BeatNews, beats } from "../beats";
import { keys } from "../keys";
import type { Frame } from "./frames";

interface BeatsMessage {
  poolId: string;
  liveness: "known" | "unknown";
  members: BeatNews[];
}

/** Turns frames into refreshed queries: collected for a moment, so that a storm of events is one repaint. */
export class News {
  private readonly due = new Map<string, readonly string[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly waitMs = 400,
  ) {}

  take(frame: Frame): void {
    if (frame.event === "beats") {
      this.hear(JSON.parse(frame.data) as BeatsMessage);
      return;
    }
    if (frame.event === "overrun") {
      this.everything();
      return;
    }
    const said = JSON.parse(frame.data) as { kind: string; poolId: string | null; memberId: string | null };
    for (const key of keysOf(said)) this.due.set(key.join(), key);
    this.timer ??= setTimeout(() => this.flush(), this.waitMs);
  }

  private hear(said: BeatsMessage): void {
    if (said.liveness === "known") {
      beats.hear(said.members, performance.now());
      return;
    }
    const overview = this.client.getQueryData<{ members: { id: string }[] }>([...keys.pool(said.poolId), "overview"]);
    beats.lose(overview?.members.map((member) => member.id) ?? []);
  }

  everything(): void {
    void this.client.invalidateQueries();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = undefined;
    const due = [...this.due.values()];
    this.due.clear();
    for (const queryKey of due) void this.client.invalidateQueries({ queryKey });
  }
}

/** The beginnings of the query keys that an event makes old. */
export function keysOf(said: { kind: string; poolId: string | null; memberId: string | null }): (readonly string[])[] {
  const area = said.kind.split(".")[0];
  const found: (readonly string[])[] = [keys.attention];
  if (said.poolId) found.push(keys.pool(said.poolId), [...keys.pools, "list"]);
  if (said.memberId) found.push(keys.member(said.memberId), [...keys.members, "list"]);
  if (area === "job") found.push(keys.jobs);
  if (area === "workflow") found.push(keys.workflows);
  if (area === "snapshot") found.push(keys.backups);
  if (area === "failover") found.push(keys.failoverEvents, keys.deliveries);
  if (area === "dns") found.push(keys.dns);
  if (area === "pool") found.push(keys.pools);
  return found;
}
