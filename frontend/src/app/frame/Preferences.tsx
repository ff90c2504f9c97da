import { useMantineColorScheme } from "@mantine/core";
import { useContext, useEffect, useRef } from "react";
import { api } from "../../api/client";
import { useMe } from "../../api/session";
import { ZoneContext } from "../../ui/time/zone";

/** Carries the time zone and the theme to the account and back, so that they are the same in every browser. */
export function Preferences() {
  const stored = useMe()?.preferences;
  const { zone, setZone } = useContext(ZoneContext);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const taken = useRef(false);

  useEffect(() => {
    if (stored === undefined || taken.current) return;
    taken.current = true;
    if (stored.timeZone && stored.timeZone !== zone) setZone(stored.timeZone);
    if (stored.theme && stored.theme !== colorScheme) setColorScheme(stored.theme);
  }, [stored, zone, colorScheme, setZone, setColorScheme]);

  useEffect(() => {
    if (!taken.current || stored === undefined) return;
    if (stored.timeZone === zone && stored.theme === colorScheme) return;
    const timer = setTimeout(() => {
      // A preference that could not be kept is not worth a message: the browser remembers it too.
      void api
        .PUT("/api/auth/preferences", { body: { ...stored, timeZone: zone, theme: colorScheme } })
        .catch(() => undefined);
    }, 800);
    return () => clearTimeout(timer);
  }, [stored, zone, colorScheme]);
  return null;
}
