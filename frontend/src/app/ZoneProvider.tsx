import { type ReactNode, useMemo, useState } from "react";
import { type Zone, ZoneContext } from "../ui/time/zone";

const STORED = "sctl-zone";

function remembered(): Zone {
  try {
    return localStorage.getItem(STORED) === "local" ? "local" : "utc";
  } catch {
    return "utc";
  }
}

/** UTC or local, for every time on every page. The browser remembers it for the first paint, the account for good. */
export function ZoneProvider({ children }: { children: ReactNode }) {
  const [zone, setZone] = useState<Zone>(remembered);
  const value = useMemo(
    () => ({
      zone,
      setZone: (next: Zone) => {
        setZone(next);
        try {
          localStorage.setItem(STORED, next);
        } catch {
          // Storage may be closed to us; the account remembers all the same.
        }
      },
    }),
    [zone],
  );
  return <ZoneContext.Provider value={value}>{children}</ZoneContext.Provider>;
}
