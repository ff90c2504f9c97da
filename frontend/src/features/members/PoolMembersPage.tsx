export function PoolMembersPage() {
  return <p>PoolMembersPage</p>;
}
