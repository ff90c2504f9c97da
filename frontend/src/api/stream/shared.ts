import { Connection } from "./connection";
import type { Frame } from "./frames";
import type { StreamStatus } from "./status";

type Word =
  | { type: "want"; tab: string; pool: string | null }
  | { type: "bye"; tab: string }
  | { type: "ask" }
  | { type: "status"; status: StreamStatus }
  | { type: "frame"; frame: Frame };

const CHANNEL = "sctl-stream";
const RENEW_MS = 20_000;
const FORGET_MS = 200_000; // tabs in the background run their timers once a minute

/**
 * One event stream for all tabs of this browser: HTTP/1.1 allows six connections to a host, and each tab with its own
 * would use them up. The tab that holds the lock reads and tells the others; when it closes, the next one goes on from
 * the last event that all of them saw. Without locks (plain http on another host) each tab reads for itself.
 */
export class SharedStream {
  private readonly tab = String(Math.random()).slice(2);
  private readonly channel: BroadcastChannel | null;
  private readonly stopLeading = new AbortController();
  private connection: Connection | null = null;
  private readonly wants = new Map<string, { pool: string | null; at: number }>();
  private pool: string | null = null;
  private lastId: string | null = null;
  private status: StreamStatus = { kind: "connecting" };
  private readonly renewing: ReturnType<typeof setInterval>;

  constructor(private readonly on: { frame: (frame: Frame) => void; status: (status: StreamStatus) => void }) {
    const shared = typeof BroadcastChannel !== "undefined" && "locks" in navigator && navigator.locks !== undefined;
    this.channel = shared ? new BroadcastChannel(CHANNEL) : null;
    this.renewing = setInterval(() => this.tellWant(), RENEW_MS);
    window.addEventListener("pagehide", this.leave);
    if (this.channel === null) {
      this.lead();
      return;
    }
    this.channel.onmessage = (event: MessageEvent<Word>) => this.hear(event.data);
    this.tellWant();
    void navigator.locks
      .request("sctl-stream-leader", { signal: this.stopLeading.signal }, () => {
        this.lead();
        return new Promise<void>((done) => this.stopLeading.signal.addEventListener("abort", () => done()));
      })
      .catch(() => undefined); // closed while it waited for its turn
  }

  /** The pool on screen, whose heartbeats are wanted each second; null on pages without one. */
  watch(pool: string | null): void {
    this.pool = pool;
    this.tellWant();
  }

  retryNow(): void {
    this.connection?.retryNow();
  }

  close(): void {
    clearInterval(this.renewing);
    window.removeEventListener("pagehide", this.leave);
    this.leave();
    this.stopLeading.abort();
    this.connection?.close();
    this.channel?.close();
  }

  private readonly leave = (): void => this.say({ type: "bye", tab: this.tab });

  private lead(): void {
    if (this.stopLeading.signal.aborted) return;
    this.connection = new Connection(
      {
        url: (pools) => `/api/events${pools.length > 0 ? `?beats=${pools.join(",")}` : ""}`,
        onFrame: (frame) => {
          this.say({ type: "frame", frame });
          this.take(frame);
        },
        onStatus: (status) => {
          this.say({ type: "status", status });
          this.show(status);
        },
      },
      this.lastId,
    );
    this.say({ type: "ask" });
    this.tellWant();
  }

  private hear(word: Word): void {
    if (word.type === "want") {
      this.wants.set(word.tab, { pool: word.pool, at: Date.now() });
      this.connection?.want(this.wanted());
      if (this.connection) this.say({ type: "status", status: this.status });
    } else if (word.type === "bye") {
      this.wants.delete(word.tab);
      this.connection?.want(this.wanted());
    } else if (word.type === "ask") {
      this.tellWant();
    } else if (this.connection === null) {
      if (word.type === "status") this.show(word.status);
      else this.take(word.frame);
    }
  }

  private tellWant(): void {
    this.wants.set(this.tab, { pool: this.pool, at: Date.now() });
    this.say({ type: "want", tab: this.tab, pool: this.pool });
    this.connection?.want(this.wanted());
  }

  private wanted(): string[] {
    const oldest = Date.now() - FORGET_MS;
    const pools = [...this.wants.values()].filter((want) => want.at >= oldest).flatMap((want) => want.pool ?? []);
    return [...new Set(pools)].sort().slice(0, 8);
  }

  private take(frame: Frame): void {
    if (frame.id !== null) this.lastId = frame.id;
    this.on.frame(frame);
  }

  private show(status: StreamStatus): void {
    this.status = status;
    this.on.status(status);
  }

  private say(word: Word): void {
    this.channel?.postMessage(word);
  }
}
