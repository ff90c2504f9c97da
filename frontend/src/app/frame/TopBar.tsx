import { ActionIcon, Button, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconBell, IconChevronDown, IconMenu2, IconMoon, IconSun } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useContext } from "react";
import { attentionQuery } from "../../api/attention";
import { plural } from "../../lib/numbers";
import { clockText, zoneName } from "../../ui/time/format";
import { useNow } from "../../ui/time/now";
import { type Zone, ZoneContext } from "../../ui/time/zone";
import { Crumbs } from "./Crumbs";
import { StreamMark } from "./StreamMark";
import c from "./TopBar.module.css";

export function TopBar({ onMenu }: { onMenu: () => void }) {
  const { toggleColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const attention = useQuery(attentionQuery).data;
  const firing = attention?.items.length ?? 0;
  return (
    <header className={c["bar"]}>
      <ActionIcon
        className={c["burger"]}
        variant="subtle"
        color="gray"
        size={36}
        aria-label="Open the menu"
        onClick={onMenu}
      >
        <IconMenu2 size={19} aria-hidden />
      </ActionIcon>
      <Crumbs />
      <div className={c["right"]}>
        <StreamMark />
        <ZoneSwitch />
        <ActionIcon
          component={Link}
          to="/alerts"
          variant="subtle"
          color="gray"
          size={36}
          aria-label={firing === 0 ? "Alerts, none firing" : `Alerts, ${plural(firing, "thing")} to look at`}
        >
          <span className={c["bell"]} data-firing={firing > 0}>
            <IconBell size={18} stroke={1.7} aria-hidden />
          </span>
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={scheme === "dark" ? "Use the light theme" : "Use the dark theme"}
          onClick={toggleColorScheme}
        >
          {scheme === "dark" ? (
            <IconSun size={18} stroke={1.7} aria-hidden />
          ) : (
            <IconMoon size={18} stroke={1.7} aria-hidden />
          )}
        </ActionIcon>
      </div>
    </header>
  );
}

const ZONES: readonly { zone: Zone; text: string }[] = [
  { zone: "utc", text: "UTC" },
  { zone: "local", text: "Local time" },
];

function ZoneSwitch() {
  const { zone, setZone } = useContext(ZoneContext);
  const now = useNow();
  const name = zoneName(now, zone);
  return (
    <Menu width={180}>
      <Menu.Target>
        <Button
          className={c["clock"]}
          size="compact-sm"
          variant="subtle"
          color="gray"
          rightSection={<IconChevronDown size={13} aria-hidden />}
        >
          {/* Named by its contents, but for the seconds: a name that changes each second is a chatterbox. */}
          <span className="vh">Times are shown in </span>
          <span className="num">
            {name} <span aria-hidden>{clockText(now, zone)}</span>
          </span>
          <span className="vh">. Change</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Show times in</Menu.Label>
        <Menu.RadioGroup value={zone} onChange={(chosen) => setZone(chosen === "local" ? "local" : "utc")}>
          {ZONES.map((one) => (
            <Menu.RadioItem key={one.zone} value={one.zone} closeMenuOnClick>
              {one.text}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
