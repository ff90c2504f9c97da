import { Menu, UnstyledButton } from "@mantine/core";
import {
  IconBell,
  IconBook2,
  IconChevronDown,
  IconGauge,
  IconHistory,
  IconKey,
  IconLogout,
  IconSearch,
  IconServer2,
  IconSettings,
  IconStack2,
  IconSubtask,
  IconUser,
  IconUsers,
  IconWorld,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, type LinkProps, useNavigate } from "@tanstack/react-router";
import { attentionQuery } from "../../api/attention";
import { api, take } from "../../api/client";
import { useMe } from "../../api/session";
import { Logo } from "../../ui/Logo";
import { toast } from "../../ui/toast";
import { openPalette } from "./palette";
import c from "./Sidebar.module.css";

interface Entry {
  to: NonNullable<LinkProps["to"]>;
  text: string;
  icon: typeof IconGauge;
}

const WORK: readonly Entry[] = [
  { to: "/fleet", text: "Fleet", icon: IconGauge },
  { to: "/pools", text: "Pools", icon: IconStack2 },
  { to: "/members", text: "Members", icon: IconServer2 },
  { to: "/jobs", text: "Jobs", icon: IconSubtask },
  { to: "/alerts", text: "Alerts", icon: IconBell },
  { to: "/dns", text: "DNS", icon: IconWorld },
];
const SETUP: readonly Entry[] = [
  { to: "/settings/api-providers", text: "API providers", icon: IconKey },
  { to: "/settings/account", text: "Settings", icon: IconSettings },
  { to: "/audit", text: "Audit", icon: IconHistory },
  { to: "/docs", text: "Docs", icon: IconBook2 },
];

/** The main navigation. On a phone it lives in a drawer and closes when something was picked. */
export function Sidebar({ onPick }: { onPick?: () => void }) {
  const firing = useQuery(attentionQuery).data?.items.filter((item) => item.severity === "critical").length ?? 0;
  const brand = useMe()?.brand;
  return (
    <div className={c["side"]}>
      <Link to="/fleet" className={c["brand"]} {...(onPick ? { onClick: onPick } : {})}>
        <Logo />
        {brand}
      </Link>
      <button
        type="button"
        className={c["find"]}
        onClick={() => {
          onPick?.();
          openPalette();
        }}
      >
        <IconSearch size={15} aria-hidden />
        Search or jump to
        <kbd>Ctrl K</kbd>
      </button>
      <nav className={c["nav"]} aria-label="Main">
        {WORK.map((entry) => (
          <Item key={entry.text} entry={entry} onPick={onPick} firing={entry.text === "Alerts" ? firing : 0} />
        ))}
        <div className={c["part"]}>Configure</div>
        {SETUP.map((entry) => (
          <Item key={entry.text} entry={entry} onPick={onPick} firing={0} />
        ))}
      </nav>
      <Person onPick={onPick} />
    </div>
  );
}

function Item({ entry, firing, onPick }: { entry: Entry; firing: number; onPick: (() => void) | undefined }) {
  return (
    <Link
      to={entry.to}
      className={c["item"]}
      activeProps={{ "data-on": true, "aria-current": "page" }}
      {...(onPick ? { onClick: onPick } : {})}
    >
      <entry.icon size={17} stroke={1.7} aria-hidden />
      {entry.text}
      {firing > 0 && (
        <span className={c["firing"]}>
          {firing}
          <span className="vh"> firing</span>
        </span>
      )}
    </Link>
  );
}

function Person({ onPick }: { onPick: (() => void) | undefined }) {
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    try {
      await take(api.POST("/api/auth/logout"));
    } catch (error) {
      toast.failed(error);
      return;
    }
    client.clear();
    await navigate({ to: "/login" });
  };
  const email = me?.user.email ?? "";
  return (
    <div className={c["foot"]}>
      <Menu position="top-start" width={204}>
        <Menu.Target>
          {/* Named by its contents: a label of its own would not hold the text that is seen (WCAG 2.5.3). */}
          <UnstyledButton className={c["person"]}>
            <span className="vh">Account menu of </span>
            <span className={c["avatar"]} aria-hidden>
              {email.slice(0, 2).toUpperCase()}
            </span>
            <span className={c["email"]}>{email}</span>
            <IconChevronDown size={14} aria-hidden />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component={Link}
            to="/settings/account"
            leftSection={<IconUser size={15} />}
            {...(onPick ? { onClick: onPick } : {})}
          >
            Profile and sign-in
          </Menu.Item>
          <Menu.Item
            component={Link}
            to="/settings/team"
            leftSection={<IconUsers size={15} />}
            {...(onPick ? { onClick: onPick } : {})}
          >
            Team
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => void leave()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
