export function MemberJobsPage() {
  return <p>MemberJobsPage</p>;
}
