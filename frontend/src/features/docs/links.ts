import { fileOf, knows, slugOf } from "./library";

export type Target =
  | { kind: "page"; slug: string; hash: string }
  | { kind: "here"; hash: string }
  | { kind: "outside"; href: string }
  /** A file of the repository that the dashboard does not carry: its name stays, without a link. */
  | { kind: "none" };

/** Where a link of a page leads. Only http(s) and mail leave the dashboard. */
export function targetOf(href: string, slug: string): Target {
  if (/^(https?:|mailto:)/i.test(href)) return { kind: "outside", href };
  if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith("//")) return { kind: "none" };
  const [path = "", hash = ""] = href.split("#", 2);
  if (path === "") return hash === "" ? { kind: "none" } : { kind: "here", hash };
  const file = resolve(path, fileOf(slug) ?? "");
  if (!file.endsWith(".md") || !knows(slugOf(file))) return { kind: "none" };
  return { kind: "page", slug: slugOf(file), hash };
}

/** "../images/x.svg" of decisions/0001.md is images/x.svg, counted from docs/. */
export function resolve(path: string, from: string): string {
  const base = new URL(from, "https://docs.invalid/docs/");
  const full = new URL(path, base).pathname;
  return full.startsWith("/docs/") ? full.slice("/docs/".length) : full;
}
