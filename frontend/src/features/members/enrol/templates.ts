import type { Wire } from "../../../api/client";

export type Template = NonNullable<Wire<"MemberIn">["template"]>;
export type Family = NonNullable<Wire<"MemberIn">["linuxFamily"]>;

/** What a member is there for. It decides which commands and pages are offered; nothing is installed by choosing it. */
export const TEMPLATES: readonly { value: Template; label: string; says: string }[] = [
  {
    value: "haproxy_edge",
    label: "HAProxy load balancer",
    says: "Takes the pool's traffic or stands by for it. HAProxy is watched, and can be installed from here.",
  },
  {
    value: "generic_linux",
    label: "Generic Linux",
    says: "Any server: its health, services, disks and updates are watched.",
  },
  { value: "cpanel", label: "cPanel and WHM", says: "A hosting server that runs cPanel." },
  { value: "openlitespeed", label: "OpenLiteSpeed", says: "A web server that runs OpenLiteSpeed." },
  { value: "mariadb", label: "MariaDB or Galera", says: "A database server." },
];

export const templateLabel = (value: string): string =>
  TEMPLATES.find((template) => template.value === value)?.label ?? value;

export const FAMILIES: readonly { value: Family; label: string; says: string }[] = [
  { value: "debian", label: "Debian, Ubuntu", says: "The command uses apt-get." },
  { value: "rhel", label: "RHEL, Alma, Rocky", says: "The command uses dnf or yum." },
];

/** What a new member of a pool most likely is. */
export const defaultTemplate = (poolTemplate: string): Template =>
  poolTemplate === "haproxy" ? "haproxy_edge" : "generic_linux";
