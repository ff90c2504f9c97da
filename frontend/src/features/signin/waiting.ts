import { useEffect, useState } from "react";
import { asProblem } from "../../api/problem";

/** Seconds until the server listens again after it said "too many attempts"; 0 when there is nothing to wait for. */
export function useWait(error: unknown): number {
  const [left, setLeft] = useState(0);
  const wait = error === null || error === undefined ? null : asProblem(error).retryAfterSec;
  useEffect(() => {
    if (wait === null) {
      setLeft(0);
      return;
    }
    const until = performance.now() + wait * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - performance.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [error, wait]);
  return left;
}
