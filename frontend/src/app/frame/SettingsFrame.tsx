import { Link, Outlet } from "@tanstack/react-router";
import c from "../../ui/NavTabs.module.css";
import { PageHeader } from "../../ui/PageHeader";
import { useTabInView } from "../../ui/useTabInView";

const TABS = [
  { to: "/settings/account", text: "Account" },
  { to: "/settings/team", text: "Team" },
  { to: "/settings/api-providers", text: "API providers" },
  { to: "/settings/channels", text: "Channels" },
  { to: "/settings/tokens", text: "API tokens" },
  { to: "/settings/plan", text: "Plan" },
] as const;

export function SettingsFrame() {
  const bar = useTabInView();
  return (
    <>
      <PageHeader title="Settings" />
      <nav ref={bar} className={c["tabs"]} aria-label="Settings">
        {TABS.map((tab) => (
          <Link key={tab.to} to={tab.to} className={c["tab"]} activeProps={{ "data-on": true, "aria-current": "page" }}>
            {tab.text}
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
