export function DnsPage() {
  return <p>DnsPage</p>;
}
