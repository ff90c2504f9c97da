export function TokensPage() {
  return <p>TokensPage</p>;
}
