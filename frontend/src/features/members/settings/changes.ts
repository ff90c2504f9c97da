import type { Wire } from "../../../api/client";
import type { Member } from "../../../api/member";
import type { Family, Template } from "../enrol/templates";

/** What the form holds: a member as it can be edited. Numbers are text or numbers while they are typed. */
export interface Draft extends Record<string, unknown> {
  displayName: string;
  hostname: string;
  template: Template;
  linuxFamily: Family;
  allowedIps: string[];
  publicIps: string[];
  priority: number | string;
  neverPromote: boolean;
  maintenance: boolean;
  place: string;
  latitude: number | string;
  longitude: number | string;
}

export function draftOf(member: Member): Draft {
  const { location } = member;
  return {
    displayName: member.displayName,
    hostname: member.hostname,
    template: member.template as Template,
    linuxFamily: member.linuxFamily as Family,
    allowedIps: [...member.allowedIps],
    publicIps: [...member.publicIps],
    priority: member.priority,
    neverPromote: member.neverPromote,
    maintenance: member.maintenance,
    place: location?.name ?? "",
    latitude: location?.latitude ?? "",
    longitude: location?.longitude ?? "",
  };
}

/** The location as it is sent: null when nothing of it is given. */
export function locationOf({ place, latitude, longitude }: Draft): Member["location"] {
  const found = {
    ...(place.trim() ? { name: place.trim() } : {}),
    ...(typeof latitude === "number" ? { latitude } : {}),
    ...(typeof longitude === "number" ? { longitude } : {}),
  };
  return Object.keys(found).length === 0 ? null : found;
}

const PLAIN = [
  "displayName",
  "hostname",
  "template",
  "linuxFamily",
  "allowedIps",
  "publicIps",
  "neverPromote",
  "maintenance",
] as const;

/** Only what differs is sent, so that two people who change different things do not undo each other. */
export function changesOf(member: Member, draft: Draft): Wire<"MemberPatch"> {
  const patch: Record<string, unknown> = {};
  const before = draftOf(member);
  for (const name of PLAIN) {
    if (JSON.stringify(draft[name]) !== JSON.stringify(before[name])) patch[name] = draft[name];
  }
  if (typeof draft.priority === "number" && draft.priority !== member.priority) patch["priority"] = draft.priority;
  const location = locationOf(draft);
  if (JSON.stringify(location) !== JSON.stringify(locationOf(before))) patch["location"] = location;
  return patch as Wire<"MemberPatch">;
}

/** What can be said without asking the server; the addresses and the hostname are the server's business. */
export function faultsOf(draft: Draft): Record<string, string> {
  const faults: Record<string, string> = {};
  if (!draft.displayName.trim()) faults["displayName"] = "Give a name: it stands on every page.";
  if (!draft.hostname.trim()) faults["hostname"] = "Give the host's name, as `hostname -f` shows it there.";
  if (draft.allowedIps.length === 0)
    faults["allowedIps"] = "Keep at least one address that the host's requests come from.";
  if (typeof draft.priority !== "number") faults["priority"] = "Give a number from 0 to 1000.";
  if ((draft.latitude === "") !== (draft.longitude === "")) {
    const sentence = "Give both latitude and longitude, or neither.";
    if (draft.latitude === "") faults["latitude"] = sentence;
    else faults["longitude"] = sentence;
  }
  return faults;
}
