export interface Heading {
  /** Where it stands in the file, from 1: how the rendered heading is found again. */
  line: number;
  depth: number;
  text: string;
  id: string;
}

/** The headings of a Markdown text, with anchors as GitHub makes them. */
export function headingsOf(markdown: string): Heading[] {
  const found: Heading[] = [];
  const used = new Map<string, number>();
  let fence: string | null = null;
  markdown.split("\n").forEach((line, place) => {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === null) fence = mark;
      else if (mark.startsWith(fence)) fence = null;
      return;
    }
    const [, hashes, raw] = fence === null ? (/^(#{1,4})\s+(.+?)\s*#*$/.exec(line) ?? []) : [];
    if (hashes === undefined || raw === undefined) return;
    const text = plain(raw);
    const slug = anchor(text);
    const before = used.get(slug) ?? 0;
    used.set(slug, before + 1);
    found.push({ line: place + 1, depth: hashes.length, text, id: before === 0 ? slug : `${slug}-${before}` });
  });
  return found;
}

const plain = (raw: string): string => raw.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");

const anchor = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
