import { compact, type RawSearch, text } from "../../lib/search";

export interface AuditSearch {
  action?: string;
  actor?: string;
  /** A type ("member"), a type with an id ("member:4f…"), or an id alone. */
  target?: string;
  since?: string;
  until?: string;
  /** The number of the entry whose details are open. */
  entry?: number;
}

export const auditSearch = (raw: RawSearch): AuditSearch =>
  compact({
    action: text(raw, "action", 80),
    actor: text(raw, "actor", 254),
    target: text(raw, "target", 120),
    since: text(raw, "since", 40),
    until: text(raw, "until", 40),
    entry: number(text(raw, "entry", 20)),
  });

const number = (digits: string | undefined): number | undefined =>
  digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
