import { useSyncExternalStore } from "react";
import { serverNow } from "../../api/clock";

// One timer for every age on the page: they all turn over in the same paint.
const listeners = new Set<() => void>();
let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = serverNow();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's time in milliseconds, turning over once a second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
