export function FleetPage() {
  return <p>FleetPage</p>;
}
