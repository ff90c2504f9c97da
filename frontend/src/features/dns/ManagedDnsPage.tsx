export function ManagedDnsPage() {
  return <p>ManagedDnsPage</p>;
}
