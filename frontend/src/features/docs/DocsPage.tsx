import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useParams } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { usePageTitle } from "../../ui/pageTitle";
import { Section } from "../../ui/Section";
import { DocsNav } from "./DocsNav";
import { DocText } from "./DocText";
import c from "./docs.module.css";
import { headingsOf } from "./headings";
import { type DocEntry, entriesOf, fileOf, loadDoc } from "./library";

const useDoc = (slug: string) =>
  useQuery({
    queryKey: ["documentation", "page", slug],
    queryFn: () => loadDoc(slug),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The documentation that this version was built with. */
export function DocsPage() {
  const slug = (useParams({ strict: false })._splat ?? "").replace(/\/+$/, "").replace(/\.md$/, "");
  const { hash } = useLocation();
  const readme = useDoc("").data;
  const doc = useDoc(slug);
  const entries = useMemo(() => entriesOf(readme ?? ""), [readme]);
  const headings = useMemo(() => headingsOf(doc.data ?? ""), [doc.data]);
  usePageTitle(headings[0]?.text ?? "Documentation");
  useEffect(() => {
    // The text arrives after the address: the browser looked for the place too early.
    if (doc.data && hash) document.getElementById(hash)?.scrollIntoView();
  }, [doc.data, hash]);
  return (
    <div className={c["docs"]}>
      <DocsNav
        entries={entries}
        slug={slug.startsWith("decisions") ? "decisions" : slug}
        headings={slug === "" || slug.startsWith("decisions") ? [] : headings.filter((one) => one.depth === 2)}
      />
      <Section query={doc}>
        {(text) => (
          <article className={c["text"]}>
            {text === null ? <Missing slug={slug} /> : <DocText text={text} slug={slug} file={fileOf(slug) ?? ""} />}
            {slug.startsWith("decisions/") ? (
              <p>
                <Link to="/docs/$" params={{ _splat: "decisions" }}>
                  All decisions
                </Link>
              </p>
            ) : (
              <Neighbours entries={entries} slug={slug} />
            )}
          </article>
        )}
      </Section>
    </div>
  );
}

function Missing({ slug }: { slug: string }) {
  return (
    <>
      <h1>There is no such page in the documentation</h1>
      <p>
        Nothing is called “{slug}” here. Pick a page from the list, or begin at{" "}
        <Link to="/docs/$" params={{ _splat: "" }}>
          the first one
        </Link>
        .
      </p>
    </>
  );
}

function Neighbours({ entries, slug }: { entries: readonly DocEntry[]; slug: string }) {
  const place = entries.findIndex((entry) => entry.slug === slug);
  const before = entries[place - 1];
  const after = entries[place + 1];
  return (
    <nav className={c["neighbours"]} aria-label="Neighbouring pages">
      {before ? (
        <Link to="/docs/$" params={{ _splat: before.slug }}>
          <span>Before</span>
          {before.title}
        </Link>
      ) : (
        <span />
      )}
      {after && (
        <Link to="/docs/$" params={{ _splat: after.slug }} data-side="right">
          <span>Next</span>
          {after.title}
        </Link>
      )}
    </nav>
  );
}
