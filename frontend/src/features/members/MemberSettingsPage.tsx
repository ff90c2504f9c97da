export function MemberSettingsPage() {
  return <p>MemberSettingsPage</p>;
}
