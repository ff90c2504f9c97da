export function ApiProvidersPage() {
  return <p>ApiProvidersPage</p>;
}
