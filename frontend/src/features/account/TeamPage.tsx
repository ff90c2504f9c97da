import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Me, useLack, useMe } from "../../api/session";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Moment } from "../../ui/time/Moment";
import { WhyButton } from "../../ui/WhyButton";
import c from "./account.module.css";
import { InviteDialog } from "./InviteDialog";
import { RemoveUserDialog } from "./RemoveUserDialog";
import { RoleDialog } from "./RoleDialog";
import { ROLES, roleName } from "./roles";
import { type User, usersQuery } from "./users";

type Open = { what: "invite" } | { what: "role" | "remove"; user: User } | null;

export function TeamPage() {
  const me = useMe();
  const lack = useLack("admin");
  const users = useQuery(usersQuery);
  const [open, setOpen] = useState<Open>(null);
  const columns = useMemo(() => columnsOf(me, lack, setOpen), [me, lack]);
  const close = () => setOpen(null);
  return (
    <div className={c["wide"]}>
      <div className={c["top"]}>
        <div>
          <h2>Team</h2>
          <p>Everybody here sees the same pools. The role says what they may change.</p>
        </div>
        <WhyButton why={lack} onClick={() => setOpen({ what: "invite" })}>
          Invite somebody
        </WhyButton>
      </div>
      <Section query={users}>
        {({ items }) => (
          <DataTable rows={items} columns={columns} rowKey={(user) => user.id} label="Users of the account" />
        )}
      </Section>
      <Card title="Roles">
        <Facts items={ROLES.map((role) => [role.name, role.may])} />
      </Card>
      <InviteDialog opened={open?.what === "invite"} onClose={close} />
      <RoleDialog user={open?.what === "role" ? open.user : null} onClose={close} />
      <RemoveUserDialog user={open?.what === "remove" ? open.user : null} onClose={close} />
    </div>
  );
}

function columnsOf(me: Me | undefined, lack: string | null, open: (what: Open) => void): Column<User>[] {
  const why = (user: User) =>
    lack ?? (user.role === "owner" && me?.role !== "owner" ? "Only an owner may change an owner." : null);
  return [
    {
      id: "email",
      header: "E-mail",
      track: "minmax(200px, 2fr)",
      phone: "title",
      cell: (user) => (
        <span className={`${c["strong"]} wrap`}>
          {user.email}
          {user.id === me?.user.id && <span className={c["quiet"]}>you</span>}
        </span>
      ),
    },
    { id: "role", header: "Role", track: "110px", cell: (user) => roleName(user.role) },
    {
      id: "state",
      header: "State",
      track: "minmax(130px, 1fr)",
      cell: (user) => (user.invited ? <Pill tone="idle">Invited</Pill> : <Pill tone="ok">Signed up</Pill>),
    },
    {
      id: "codes",
      header: "Sign-in codes",
      track: "minmax(110px, 1fr)",
      cell: (user) => (user.totpEnabled ? "On" : "Off"),
    },
    {
      id: "since",
      header: "Since",
      track: "minmax(110px, 1fr)",
      cell: (user) => <Moment at={user.createdAt} as="day" />,
    },
    {
      id: "actions",
      header: "Actions",
      align: "right",
      track: "230px",
      cell: (user) => (
        <div className={c["actions"]}>
          <WhyButton
            size="xs"
            variant="default"
            why={why(user)}
            aria-label={`Change role of ${user.email}`}
            onClick={() => open({ what: "role", user })}
          >
            Change role
          </WhyButton>
          <WhyButton
            size="xs"
            variant="default"
            why={why(user)}
            aria-label={`Remove ${user.email}`}
            onClick={() => open({ what: "remove", user })}
          >
            Remove
          </WhyButton>
        </div>
      ),
    },
  ];
}
