export function AllMembersPage() {
  return <p>AllMembersPage</p>;
}
