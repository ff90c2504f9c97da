import { createParser } from "eventsource-parser";

export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

export class StreamRefused extends Error {
  constructor(readonly status: number) {
    super(`The event stream was refused with status ${status}.`);
  }
}

/**
 * Read server-sent events until the body ends, the signal aborts or nothing at all (not even a comment) came for
 * `silenceMs`. fetch instead of EventSource, because that hides comments and so cannot tell silence from quiet.
 */
export async function readFrames(
  url: string,
  lastId: string | null,
  signal: AbortSignal,
  on: { open: () => void; frame: (frame: Frame) => void },
  silenceMs: number,
): Promise<void> {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop, { once: true });
  let watchdog = setTimeout(stop, silenceMs);
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(stop, silenceMs);
  };
  try {
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) },
      signal: own.signal,
      cache: "no-store",
    });
    if (!response.ok || response.body === null) throw new StreamRefused(response.status);
    on.open();
    const parser = createParser({
      onEvent: (event) => on.frame({ id: event.id ?? null, event: event.event ?? "message", data: event.data }),
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    // An abort ends a request; a body that is being read already has to be let go as well.
    own.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
    for (;;) {
      alive();
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(value);
    }
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
    own.abort();
  }
}
