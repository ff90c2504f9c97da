import { Link } from "@tanstack/react-router";
import { type ComponentProps, isValidElement, memo, type ReactNode, useMemo } from "react";
import Markdown, { type Components, type ExtraProps } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CommandBlock } from "../../ui/CommandBlock";
import c from "./docs.module.css";
import { type Heading, headingsOf } from "./headings";
import { imageUrl } from "./library";
import { resolve, targetOf } from "./links";

const PLUGINS = [remarkGfm];

/** One page. HTML inside of Markdown is left out: what is shown are elements that we know. */
export const DocText = memo(function DocText({ text, slug, file }: { text: string; slug: string; file: string }) {
  const components = useMemo<Components>(() => {
    const lines = new Map(headingsOf(text).map((heading) => [heading.line, heading]));
    return {
      h1: ({ node, children }) => <h1 id={at(lines, node)?.id}>{children}</h1>,
      h2: ({ node, children }) => (
        <Anchored level={2} heading={at(lines, node)}>
          {children}
        </Anchored>
      ),
      h3: ({ node, children }) => (
        <Anchored level={3} heading={at(lines, node)}>
          {children}
        </Anchored>
      ),
      h4: ({ node, children }) => (
        <Anchored level={4} heading={at(lines, node)}>
          {children}
        </Anchored>
      ),
      a: ({ href, children }) => (
        <DocLink href={href ?? ""} slug={slug}>
          {children}
        </DocLink>
      ),
      img: ({ src, alt }) => {
        const url = typeof src === "string" ? imageUrl(resolve(src, file)) : undefined;
        return url === undefined ? <em>{alt}</em> : <img src={url} alt={alt ?? ""} loading="lazy" />;
      },
      pre: ({ children }) => (
        <div className={c["block"]}>
          <CommandBlock command={textOf(children).replace(/\n$/, "")} label="Copy the example" />
        </div>
      ),
      table: ({ children }) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        <section className={c["table"]} aria-label="Table" tabIndex={0}>
          <table>{children}</table>
        </section>
      ),
      // Alignment arrives as an inline style, which our policy forbids.
      td: ({ children, style }) => <td data-align={style?.textAlign}>{children}</td>,
      th: ({ children, style }) => (
        <th scope="col" data-align={style?.textAlign}>
          {children}
        </th>
      ),
    };
  }, [text, slug, file]);
  return (
    <Markdown remarkPlugins={PLUGINS} components={components} skipHtml>
      {text}
    </Markdown>
  );
});

type Node = ExtraProps["node"];

const at = (lines: ReadonlyMap<number, Heading>, node: Node): Heading | undefined =>
  node?.position === undefined ? undefined : lines.get(node.position.start.line);

function Anchored({
  level,
  heading,
  children,
}: {
  level: 2 | 3 | 4;
  heading: Heading | undefined;
  children: ReactNode;
}) {
  const Level = `h${level}` as const;
  if (heading === undefined) return <Level>{children}</Level>;
  return (
    <Level id={heading.id}>
      {children}
      <a className={c["anchor"]} href={`#${heading.id}`} aria-label={`Link to ${heading.text}`}>
        #
      </a>
    </Level>
  );
}

function DocLink({ href, slug, children }: ComponentProps<"a"> & { href: string; slug: string }) {
  const target = targetOf(href, slug);
  if (target.kind === "here") return <a href={`#${target.hash}`}>{children}</a>;
  if (target.kind === "outside") {
    return (
      <a href={target.href} rel="noreferrer" target="_blank">
        {children}
      </a>
    );
  }
  if (target.kind === "none") return <>{children}</>;
  return (
    <Link to="/docs/$" params={{ _splat: target.slug }} {...(target.hash ? { hash: target.hash } : {})}>
      {children}
    </Link>
  );
}

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : "";
}
