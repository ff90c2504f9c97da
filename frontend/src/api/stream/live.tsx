import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { News } from "./news";
import { SharedStream } from "./shared";
import { POLL_AFTER_MS, POLL_EVERY_MS, type StreamStatus } from "./status";

interface Live {
  status: StreamStatus;
  /** The stream was away for so long that pages ask by themselves. */
  polling: boolean;
  /** Actions that need the truth wait until it is back. */
  stale: boolean;
  watch: (pool: string | null) => void;
  retryNow: () => void;
}

const nothing = () => undefined;
const LiveContext = createContext<Live>({
  status: { kind: "connecting" },
  polling: false,
  stale: false,
  watch: nothing,
  retryNow: nothing,
});

export const useLive = (): Live => useContext(LiveContext);

/** Heartbeats of this pool arrive each second while the calling component is on screen. */
export function useWatchedPool(pool: string | null): void {
  const { watch } = useLive();
  useEffect(() => {
    watch(pool);
    return () => watch(null);
  }, [watch, pool]);
}

export function LiveProvider({ children, onSignedOut }: { children: ReactNode; onSignedOut: () => void }) {
  const client = useQueryClient();
  const [status, setStatus] = useState<StreamStatus>({ kind: "connecting" });
  const [polling, setPolling] = useState(false);
  const stream = useRef<SharedStream | null>(null);
  const wanted = useRef<string | null>(null);
  const signedOut = useRef(onSignedOut);
  useEffect(() => {
    signedOut.current = onSignedOut;
  }, [onSignedOut]);

  useEffect(() => {
    const news = new News(client);
    let before: StreamStatus["kind"] = "connecting";
    const shared = new SharedStream({
      status: (next) => {
        // What happened while the stream was away is not known for sure: everything on screen is asked once.
        if (next.kind === "live" && (before === "offline" || before === "reconnecting")) news.everything();
        before = next.kind;
        setStatus(next);
      },
      frame: (frame) => {
        if (frame.event === "signed_out") signedOut.current();
        else news.take(frame);
      },
    });
    shared.watch(wanted.current);
    stream.current = shared;
    return () => {
      stream.current = null;
      shared.close();
      news.close();
    };
  }, [client]);

  const away = status.kind === "reconnecting" || status.kind === "offline" ? status.since : null;
  useEffect(() => {
    if (away === null) return;
    let every: ReturnType<typeof setInterval> | undefined;
    const poll = () => void client.refetchQueries({ type: "active" });
    const start = setTimeout(
      () => {
        setPolling(true);
        poll();
        every = setInterval(poll, POLL_EVERY_MS);
      },
      Math.max(0, away + POLL_AFTER_MS - Date.now()),
    );
    return () => {
      clearTimeout(start);
      clearInterval(every);
      setPolling(false);
    };
  }, [away, client]);

  const actions = useMemo(
    () => ({
      watch: (pool: string | null) => {
        wanted.current = pool;
        stream.current?.watch(pool);
      },
      retryNow: () => stream.current?.retryNow(),
    }),
    [],
  );
  const live = useMemo<Live>(
    () => ({ status, polling, stale: status.kind === "offline" || status.kind === "reconnecting", ...actions }),
    [status, polling, actions],
  );
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}
