import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { setGates } from "../../api/transport";

export type Ask = "sign-in" | "step-up";

export interface GateState {
  asks: Ask | null;
  answer: (passed: boolean) => void;
  /** The event stream found the session gone. */
  lost: () => void;
}

/** Requests that the server refuses for want of a session or of a fresh proof wait here for a person. */
export function useGates(): GateState {
  const [asks, setAsks] = useState<Ask | null>(null);
  const waiting = useRef<((passed: boolean) => void) | null>(null);
  const ask = useCallback((what: Ask) => {
    setAsks(what);
    return new Promise<boolean>((resolve) => {
      waiting.current = resolve;
    });
  }, []);
  useEffect(() => {
    setGates({ signInAgain: () => ask("sign-in"), stepUp: () => ask("step-up") });
    return () => setGates({ signInAgain: null, stepUp: null });
  }, [ask]);
  return useMemo(
    () => ({
      asks,
      answer: (passed: boolean) => {
        waiting.current?.(passed);
        waiting.current = null;
        setAsks(null);
      },
      lost: () => setAsks((now) => now ?? "sign-in"),
    }),
    [asks],
  );
}
