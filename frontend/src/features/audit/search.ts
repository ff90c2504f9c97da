import { compact, type RawSearch, text } from "../../lib/search";

export const auditSearch = (
  raw: RawSearch,
): { action?: string; actor?: string; target?: string; since?: string; until?: string } =>
  compact({
    action: text(raw, "action", 80),
    actor: text(raw, "actor", 254),
    target: text(raw, "target", 120),
    since: text(raw, "since", 40),
    until: text(raw, "until", 40),
  });
