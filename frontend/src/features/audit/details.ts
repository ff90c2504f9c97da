export const NOTHING = "none";

/** Details of an entry as names and values: nested objects become "window.start", lists one line. Values stay text. */
export function pairsOf(details: Readonly<Record<string, unknown>>, before = ""): [name: string, value: string][] {
  return Object.entries(details).flatMap(([name, value]): [string, string][] => {
    const full = before ? `${before}.${name}` : name;
    if (isRecord(value)) {
      const inner = pairsOf(value, full);
      return inner.length > 0 ? inner : [[full, NOTHING]];
    }
    return [[words(full), text(value)]];
  });
}

function text(value: unknown): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) {
    if (value.length === 0) return NOTHING;
    return value.map((part) => (isRecord(part) ? JSON.stringify(part) : text(part))).join(", ");
  }
  return String(value);
}

/** "alert_email" and "alertEmail" read "alert email". */
const words = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/_/g, " ")
    .toLowerCase();

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const DONE: Readonly<Record<string, string>> = {
  "account.changed": "Account changed",
  "account.plan_set": "Plan set",
  "account.registered": "Account registered",
  "channel.changed": "Channel changed",
  "channel.created": "Channel added",
  "channel.deleted": "Channel deleted",
  "failover.acknowledged": "Failover acknowledged",
  "failover.halted": "Failover halted",
  "failover.paused": "Automatic failover paused",
  "failover.promoted": "Member made active",
  "failover.resumed": "Automatic failover resumed",
  "failover.settings_changed": "Failover settings changed",
  "installation.restored": "Installation restored",
  "job.cancel": "Job cancelled",
  "job.conflicting_report": "Job reported twice, differently",
  "job.hold_open": "Job held",
  "job.order": "Job ordered",
  "job.resolve": "Job resolved",
  "job.stop": "Jobs stopped",
  "job.stop_lifted": "Stop of jobs lifted",
  "member.created": "Member added",
  "member.deleted": "Member removed",
  "member.secret_rotated": "Member's secret rotated",
  "member.updated": "Member changed",
  "pool.created": "Pool added",
  "pool.deleted": "Pool deleted",
  "pool.updated": "Pool changed",
  "pool_dns.adopted": "DNS record adopted",
  "pool_dns.changed": "DNS of a pool changed",
  "pool_dns.removed": "DNS of a pool removed",
  "provider_credential.changed": "API provider changed",
  "provider_credential.created": "API provider added",
  "provider_credential.deleted": "API provider deleted",
  "provider_credential.rotated": "API provider's key rotated",
  "session.opened": "Signed in",
  "session.proved": "Confirmed with the password",
  "session.refused": "Sign-in refused",
  "token.created": "API token made",
  "token.revoked": "API token revoked",
  "totp.codes_renewed": "Recovery codes renewed",
  "totp.disabled": "Sign-in codes turned off",
  "totp.enabled": "Sign-in codes turned on",
  "totp.recovery_code_used": "Recovery code used",
  "user.created": "User made",
  "user.invited": "User invited",
  "user.password_changed": "Password changed",
  "user.password_reset": "Password reset",
  "user.removed": "User removed",
  "user.reset_requested": "Password reset asked for",
  "user.role_changed": "Role changed",
};

/** Actions that have words of their own; the filter offers them. */
export const KNOWN_ACTIONS = Object.keys(DONE);

/** "role changed" for user.role_changed; an action without words of its own reads as it is written. */
export const actionWords = (action: string): string => DONE[action] ?? words(action.replace(".", ": "));
