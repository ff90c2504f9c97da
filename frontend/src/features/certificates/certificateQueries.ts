import { queryOptions } from "@tanstack/react-query";
import { api, take, takeAll, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import type { Tone } from "../../ui/tones";

export type Certificate = Wire<"CertificateOut">;
export type Install = Certificate["installs"][number];

/** Below the pool's key: news of its jobs and certificates refresh it. */
export const certificatesQuery = (poolId: string) =>
  queryOptions({
    queryKey: [...keys.pool(poolId), "certificates"],
    queryFn: () =>
      takeAll((cursor) =>
        take(
          api.GET("/api/pools/{poolId}/certificates", {
            params: { path: { poolId }, query: { limit: 100, ...(cursor ? { cursor } : {}) } },
          }),
        ),
      ),
  });

export const STATE_WORDS = {
  new: { word: "Not issued yet", tone: "idle" },
  issuing: { word: "Being issued", tone: "info" },
  valid: { word: "Valid", tone: "ok" },
  failing: { word: "Renewal fails", tone: "late" },
  expired: { word: "Expired", tone: "down" },
} as const satisfies Record<Certificate["state"], { word: string; tone: Tone }>;

const INSTALL_WORDS = {
  waiting: { word: "Waiting", tone: "idle" },
  ordered: { word: "On its way", tone: "info" },
  installed: { word: "Installed", tone: "ok" },
  failed: { word: "Failed", tone: "down" },
} as const satisfies Record<Install["state"], { word: string; tone: Tone }>;

export function installWords(install: Install): { word: string; tone: Tone } {
  if (install.state === "installed" && !install.current) return { word: "An older one is there", tone: "late" };
  return INSTALL_WORDS[install.state];
}
