import type { RoleWord } from "../../api/session";

/** What each role may, in a sentence. Each may do what the ones before it may. */
export const ROLES: readonly { word: RoleWord; name: string; may: string }[] = [
  { word: "viewer", name: "Viewer", may: "Sees everything of the account and changes nothing." },
  { word: "operator", name: "Operator", may: "Runs jobs, cuts DNS and quiets alerts, and changes pools and members." },
  {
    word: "admin",
    name: "Admin",
    may: "Manages users, API providers, channels and the account, and reads the audit trail.",
  },
  { word: "owner", name: "Owner", may: "Everything, and may make or change other owners." },
];

export const roleName = (word: string): string => ROLES.find((role) => role.word === word)?.name ?? word;

const rank = (word: RoleWord): number => ROLES.findIndex((role) => role.word === word);

/** Why somebody of this role may not give that one; null when they may. */
export const grantLack = (mine: RoleWord, wanted: RoleWord): string | null =>
  rank(wanted) > rank(mine) ? `You are ${mine}, and ${wanted} is above that.` : null;
