import { type Frame, readFrames, StreamRefused } from "./frames";
import { OFFLINE_AFTER_MS, retryDelayMs, type StreamStatus } from "./status";

interface Options {
  /** Where to read, for the pools whose heartbeats are wanted. */
  url: (pools: readonly string[]) => string;
  onFrame: (frame: Frame) => void;
  onStatus: (status: StreamStatus) => void;
  silenceMs?: number;
}

/** The one connection of this browser. It comes back by itself, from the last event that it saw. */
export class Connection {
  private pools: readonly string[] = [];
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private lostAt: number | null = null;
  private closed = false;
  lastId: string | null;

  constructor(
    private readonly options: Options,
    lastId: string | null,
  ) {
    this.lastId = lastId;
    window.addEventListener("online", this.retryNow);
    window.addEventListener("offline", this.cutOff);
  }

  /** Other pools on screen: the server has to be asked anew; nothing is missed, the last event id goes along. */
  want(pools: readonly string[]): void {
    if (this.abort !== null && pools.join() === this.pools.join()) return;
    this.pools = pools;
    this.retryNow();
  }

  readonly retryNow = (): void => {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.abort?.abort();
    void this.run();
  };

  readonly cutOff = (): void => {
    this.abort?.abort();
  };

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.abort?.abort();
    window.removeEventListener("online", this.retryNow);
    window.removeEventListener("offline", this.cutOff);
  }

  private async run(): Promise<void> {
    const mine = new AbortController();
    this.abort = mine;
    try {
      await readFrames(
        this.options.url(this.pools),
        this.lastId,
        mine.signal,
        {
          open: () => {
            this.failures = 0;
            this.lostAt = null;
            this.options.onStatus({ kind: "live" });
          },
          frame: (frame) => {
            if (frame.id !== null) this.lastId = frame.id;
            this.options.onFrame(frame);
          },
        },
        this.options.silenceMs ?? 10_000,
      );
    } catch (error) {
      if (error instanceof StreamRefused && error.status === 401) {
        this.options.onFrame({ id: null, event: "signed_out", data: "{}" });
      }
    }
    if (this.abort !== mine || this.closed) return;
    this.again();
  }

  private again(): void {
    const now = Date.now();
    this.lostAt ??= now;
    const wait = retryDelayMs(this.failures);
    this.failures += 1;
    const gone = !navigator.onLine || now - this.lostAt >= OFFLINE_AFTER_MS;
    this.options.onStatus(
      gone
        ? { kind: "offline", since: this.lostAt }
        : { kind: "reconnecting", retryAt: now + wait, since: this.lostAt },
    );
    this.timer = setTimeout(() => void this.run(), wait);
  }
}
