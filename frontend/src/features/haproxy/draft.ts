import type { ConfigFile } from "./haproxyQueries";

const PATH = /^\/(?:[A-Za-z0-9_][A-Za-z0-9_.-]*\/)+[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}\.cfg$/;

/** Why a file cannot be added under this path, or null. The server judges the same way. */
export function wrongPath(path: string, files: readonly ConfigFile[]): string | null {
  if (!PATH.test(path)) return "Use a full path that ends in .cfg, for example /etc/haproxy/conf.d/10-app.cfg.";
  return files.some((file) => file.path === path) ? "This file is there already." : null;
}

/** Paths whose text is not what it was. */
export function changedPaths(before: readonly ConfigFile[], now: readonly ConfigFile[]): Set<string> {
  const texts = new Map(before.map((file) => [file.path, file.text]));
  return new Set(now.filter((file) => texts.get(file.path) !== file.text).map((file) => file.path));
}

export const isDirty = (before: readonly ConfigFile[], now: readonly ConfigFile[]): boolean =>
  before.length !== now.length || changedPaths(before, now).size > 0;

/** Where the text of a line begins and ends; lines count from 1. */
export function spanOfLine(text: string, line: number): [number, number] {
  const lines = text.split("\n");
  const at = Math.min(Math.max(line, 1), lines.length) - 1;
  const start = lines.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + (lines[at]?.length ?? 0)];
}

/** What the server's refusal of a draft carries when somebody else saved meanwhile. */
export interface Theirs {
  head: { id: string; number: number; author: { name: string }; reason: string };
  files: readonly ConfigFile[];
}

export function theirsIn(extra: Readonly<Record<string, unknown>>): Theirs | null {
  const { head, files } = extra as Partial<Theirs>;
  return head && typeof head.id === "string" && Array.isArray(files) ? { head, files } : null;
}

export interface Versus {
  path: string;
  mine: string | null;
  theirs: string | null;
}

/** Files that are not the same on both sides; null where one side does not have it. */
export function versus(mine: readonly ConfigFile[], theirs: readonly ConfigFile[]): Versus[] {
  const own = new Map(mine.map((file) => [file.path, file.text]));
  const other = new Map(theirs.map((file) => [file.path, file.text]));
  return [...new Set([...own.keys(), ...other.keys()])]
    .filter((path) => own.get(path) !== other.get(path))
    .map((path) => ({ path, mine: own.get(path) ?? null, theirs: other.get(path) ?? null }));
}
