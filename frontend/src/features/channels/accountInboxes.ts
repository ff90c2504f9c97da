/** The addresses that the account names for alerts: its own and its team's. */
export function accountInboxes(account: { alertEmail: string | null; teamInboxes: string[] } | undefined): string[] {
  if (!account) return [];
  return [...new Set([...(account.alertEmail ? [account.alertEmail] : []), ...account.teamInboxes])];
}
