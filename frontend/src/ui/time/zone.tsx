import { createContext, useContext } from "react";

export type Zone = "utc" | "local";

/** One switch for every time on every page. */
export const ZoneContext = createContext<{ zone: Zone; setZone: (zone: Zone) => void }>({
  zone: "utc",
  setZone: () => undefined,
});

export const useZone = (): Zone => useContext(ZoneContext).zone;
