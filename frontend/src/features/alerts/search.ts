import { compact, oneOf, type RawSearch } from "../../lib/search";

export const alertsSearch = (raw: RawSearch): { severity?: "critical" | "warning" } =>
  compact({ severity: oneOf(raw, "severity", ["critical", "warning"] as const) });
