export function ControlPanelPage() {
  return <p>ControlPanelPage</p>;
}
