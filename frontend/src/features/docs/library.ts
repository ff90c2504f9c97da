import { headingsOf } from "./headings";

type Loader = () => Promise<string>;

// The documentation of the repository itself: what the dashboard shows is what stands in docs/.
const FILES: Record<string, Loader> = import.meta.glob<string>(
  ["../../../../docs/*.md", "../../../../docs/decisions/*.md"],
  { query: "?raw", import: "default" },
);
const IMAGES: Record<string, string> = import.meta.glob<string>("../../../../docs/images/*.{svg,png}", {
  query: "?url",
  import: "default",
  eager: true,
});
const ROOT = "../../../../docs/";

/** "README.md" stands for its folder: "" and "decisions". */
const slugOf = (file: string): string => file.replace(/(^|\/)README\.md$/, "").replace(/\.md$/, "");

const LOADERS = new Map(Object.entries(FILES).map(([path, load]) => [slugOf(path.slice(ROOT.length)), load]));

/** The file behind an address below /docs, for resolving its links; null when there is none. */
export function fileOf(slug: string): string | null {
  if (!LOADERS.has(slug)) return null;
  if (slug === "") return "README.md";
  return `${ROOT}${slug}/README.md` in FILES ? `${slug}/README.md` : `${slug}.md`;
}

export async function loadDoc(slug: string): Promise<string | null> {
  return (await LOADERS.get(slug)?.()) ?? null;
}

export const knows = (slug: string): boolean => LOADERS.has(slug);
export const imageUrl = (file: string): string | undefined => IMAGES[`${ROOT}${file}`];
export { slugOf };

export interface DocEntry {
  slug: string;
  title: string;
  /** What the page is for, as docs/README.md says it. */
  use: string;
}

const LINE = /\[([^\]]+)\]\(([^)]+\.md)\)\s*\|\s*([^|]*)/;

/** Pages in the order of docs/README.md, with its words. */
export function entriesOf(readme: string): DocEntry[] {
  return readme.split("\n").flatMap((line): DocEntry[] => {
    const [, name, file, use] = LINE.exec(line) ?? [];
    if (name === undefined || file === undefined || !knows(slugOf(file))) return [];
    return [{ slug: slugOf(file), title: titled(name), use: (use ?? "").trim() }];
  });
}

const titled = (name: string): string =>
  name.length <= 3 ? name.toUpperCase() : name.charAt(0).toUpperCase() + name.slice(1);

export interface Found {
  slug: string;
  page: string;
  /** Null for the page itself. */
  heading: { id: string; text: string } | null;
}

/** Every title and heading of every page; loads all pages, once. */
export async function loadIndex(): Promise<Found[]> {
  const pages = await Promise.all([...LOADERS].map(async ([slug, load]) => ({ slug, text: await load() })));
  return pages
    .sort((a, b) => a.slug.localeCompare(b.slug, "en"))
    .flatMap(({ slug, text }) => {
      const [first, ...rest] = headingsOf(text);
      const page = first?.text ?? slug;
      return [
        { slug, page, heading: null },
        ...rest.map((heading) => ({ slug, page, heading: { id: heading.id, text: heading.text } })),
      ];
    });
}

/** Those that hold every word, titles first. */
export function search(index: readonly Found[], typed: string): Found[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const fits = (one: Found) => {
    const text = `${one.page} ${one.heading?.text ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const hits = index.filter(fits);
  return [...hits.filter((one) => one.heading === null), ...hits.filter((one) => one.heading !== null)].slice(0, 30);
}
