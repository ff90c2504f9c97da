import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Place } from "../rules/lineup";

/** The ways from a card into the member's workspace. */
export function MemberMenu({ place, stopped }: { place: Place; stopped: boolean }) {
  const { member } = place;
  const params = { pool: member.poolId, member: member.id };
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={28} variant="subtle" color="gray" aria-label={`More for ${member.displayName}`}>
          <IconDots size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item renderRoot={(props) => <Link {...props} to="/pools/$pool/members/$member" params={params} />}>
          Open control panel
        </Menu.Item>
        <Menu.Item renderRoot={(props) => <Link {...props} to="/pools/$pool/members/$member/status" params={params} />}>
          HAProxy status
        </Menu.Item>
        <Menu.Item
          renderRoot={(props) => <Link {...props} to="/pools/$pool/members/$member/cron-jobs" params={params} />}
        >
          Jobs
        </Menu.Item>
        {stopped && (
          <Menu.Item
            renderRoot={(props) => (
              <Link
                {...props}
                to="/pools/$pool/members/$member/cron-jobs"
                params={params}
                search={{ run: "haproxy.start" }}
              />
            )}
          >
            Start HAProxy
          </Menu.Item>
        )}
        <Menu.Item
          renderRoot={(props) => <Link {...props} to="/pools/$pool/members/$member/settings" params={params} />}
        >
          Settings
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
