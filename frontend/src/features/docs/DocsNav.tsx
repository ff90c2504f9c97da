import { Button, TextInput } from "@mantine/core";
import { IconList, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { plural } from "../../lib/numbers";
import c from "./docs.module.css";
import type { Heading } from "./headings";
import { type DocEntry, loadIndex, search } from "./library";

interface Props {
  entries: readonly DocEntry[];
  slug: string;
  headings: readonly Heading[];
}

/** The list of pages, below the open one its sections, and a search over all titles and headings. */
export function DocsNav({ entries, slug, headings }: Props) {
  const [typed, setTyped] = useState("");
  const [listed, setListed] = useState(false);
  const searching = typed.trim() !== "";
  const picked = () => {
    setTyped("");
    setListed(false);
  };
  return (
    <nav className={c["nav"]} aria-label="Documentation">
      <TextInput
        type="search"
        data-filter
        aria-label="Search titles and headings"
        placeholder="Search the docs"
        leftSection={<IconSearch size={15} aria-hidden />}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && setTyped("")}
      />
      <Button
        className={c["toggle"]}
        variant="default"
        leftSection={<IconList size={16} aria-hidden />}
        aria-expanded={listed}
        onClick={() => setListed((now) => !now)}
      >
        All pages
      </Button>
      {searching ? (
        <Results typed={typed} onPick={picked} />
      ) : (
        <ul className={c["pages"]} data-listed={listed}>
          {entries.map((entry) => (
            <li key={entry.slug}>
              <Page entry={entry} open={entry.slug === slug} onPick={picked} />
              {entry.slug === slug && headings.length > 0 && (
                <ul className={c["sections"]}>
                  {headings.map((heading) => (
                    <li key={heading.id}>
                      <a href={`#${heading.id}`} onClick={picked}>
                        {heading.text}
                      </a>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ul>
      )}
    </nav>
  );
}

function Page({ entry, open, onPick }: { entry: DocEntry; open: boolean; onPick: () => void }) {
  return (
    <Link
      to="/docs/$"
      params={{ _splat: entry.slug }}
      className={c["page"]}
      data-on={open}
      aria-current={open ? "page" : undefined}
      onClick={onPick}
    >
      {entry.title}
    </Link>
  );
}

function Results({ typed, onPick }: { typed: string; onPick: () => void }) {
  const index = useQuery({
    queryKey: ["documentation", "index"],
    queryFn: loadIndex,
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
  if (index === undefined) return <p className={c["told"]}>Reading all pages</p>;
  const hits = search(index, typed);
  return (
    <>
      <p className={c["told"]} role="status">
        {hits.length === 0 ? "No title and no heading has these words." : `${plural(hits.length, "place")} found.`}
      </p>
      <ul className={c["hits"]}>
        {hits.map((hit) => (
          <li key={`${hit.slug}#${hit.heading?.id ?? ""}`}>
            <Link
              to="/docs/$"
              params={{ _splat: hit.slug }}
              {...(hit.heading ? { hash: hit.heading.id } : {})}
              className={c["page"]}
              onClick={onPick}
            >
              {hit.heading?.text ?? hit.page}
              {hit.heading && <span className={c["of"]}>{hit.page}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
