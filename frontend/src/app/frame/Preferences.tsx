import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useContext, useEffect, useRef } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { type Me, useMe } from "../../api/session";
import { ZoneContext } from "../../ui/time/zone";

const UNSAVED = "sctl-preferences-unsaved";

/**
 * Carries the time zone and the theme to the account and back, so that they are the same in every browser. What was
 * chosen here and did not reach the account yet (a quick reload, no network) wins over what the account says.
 */
export function Preferences() {
  const client = useQueryClient();
  const stored = useMe()?.preferences;
  const { zone, setZone } = useContext(ZoneContext);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const taken = useRef(false);

  useEffect(() => {
    if (stored === undefined || taken.current) return;
    taken.current = true;
    if (unsaved()) return;
    if (stored.timeZone && stored.timeZone !== zone) setZone(stored.timeZone);
    if (stored.theme && stored.theme !== colorScheme) setColorScheme(stored.theme);
  }, [stored, zone, colorScheme, setZone, setColorScheme]);

  const agreed = useRef(false);
  useEffect(() => {
    if (stored === undefined) return;
    if (stored.timeZone === zone && stored.theme === colorScheme) {
      agreed.current = true;
      return;
    }
    // Until both agreed once, the account's wish is still on its way here, unless ours is the newer one.
    if (!agreed.current && !unsaved()) return;
    note(true);
    const preferences = { ...stored, timeZone: zone, theme: colorScheme };
    take(api.PUT("/api/auth/preferences", { body: preferences, keepalive: true }))
      .then(() => {
        note(false);
        client.setQueryData<Me>(keys.me, (me) => me && { ...me, preferences });
      })
      .catch(() => undefined); // not worth a message: this browser remembers it, and tells it at the next visit
  }, [stored, zone, colorScheme, client]);
  return null;
}

function unsaved(): boolean {
  try {
    return localStorage.getItem(UNSAVED) === "1";
  } catch {
    return false;
  }
}

function note(open: boolean): void {
  try {
    if (open) localStorage.setItem(UNSAVED, "1");
    else localStorage.removeItem(UNSAVED);
  } catch {
    // Storage may be closed to us; the account remembers all the same.
  }
}
