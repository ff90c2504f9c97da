export function DocsPage() {
  return <p>DocsPage</p>;
}
