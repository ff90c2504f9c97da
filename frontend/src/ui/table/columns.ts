import type { ReactNode } from "react";

/** One column of a DataTable. */
export interface Column<Row> {
  id: string;
  header: string;
  /** What is sorted by; leave it out for columns that are not sorted. Null goes last. */
  sortBy?: (row: Row) => string | number | null;
  cell: (row: Row) => ReactNode;
  align?: "right";
  /** CSS grid track: "minmax(160px, 2fr)", "120px". */
  track?: string;
  /** In the card that a row becomes on a phone: its title, a labelled line (default), or left out. */
  phone?: "title" | "line" | "none";
}

export interface Sort {
  id: string;
  desc: boolean;
}

/** "name" or "-name", as addresses carry it. */
export const sortText = (sort: Sort | null): string | undefined =>
  sort === null ? undefined : `${sort.desc ? "-" : ""}${sort.id}`;

export function readSort(text: string | undefined, known: readonly string[]): Sort | null {
  if (text === undefined) return null;
  const desc = text.startsWith("-");
  const id = desc ? text.slice(1) : text;
  return known.includes(id) ? { id, desc } : null;
}
