import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { useMe } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import type { Column } from "../../ui/table/columns";
import { DataTable } from "../../ui/table/DataTable";
import { Ago, Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import c from "./account.module.css";
import { ANY } from "./scopes";
import { TokenDialog } from "./TokenDialog";

type Token = Wire<"TokenOut">;
const KEY = [...keys.account, "tokens"];

export function TokensPage() {
  const client = useQueryClient();
  const mine = useMe()?.user.id;
  const tokens = useQuery({ queryKey: KEY, queryFn: () => take(api.GET("/api/auth/tokens")) });
  const [making, setMaking] = useState(false);
  const [going, setGoing] = useState<Token | null>(null);
  const columns = useMemo(() => columnsOf(mine, setGoing), [mine]);
  const revoke = useMutation({
    mutationFn: (token: Token) =>
      take(api.DELETE("/api/auth/tokens/{tokenId}", { params: { path: { tokenId: token.id } } })),
    onSuccess: (_answer, token) => {
      setGoing(null);
      toast.done(`The token ${token.name} is revoked.`);
      void client.invalidateQueries({ queryKey: KEY });
    },
  });
  const close = () => {
    setGoing(null);
    revoke.reset();
  };
  const make = <Button onClick={() => setMaking(true)}>New API token</Button>;
  return (
    <div className={c["wide"]}>
      <div className={c["top"]}>
        <div>
          <h2>API tokens</h2>
          <p>
            For scripts and the command line: <code className="mono">Authorization: Bearer sctl_…</code>. A token may
            what you may, or less, and loses with you.
          </p>
        </div>
        {make}
      </div>
      <Section
        query={tokens}
        isEmpty={({ items }) => items.length === 0}
        empty={<Empty>There is no API token yet. Scripts need one; the dashboard does not.</Empty>}
      >
        {({ items }) => <DataTable rows={items} columns={columns} rowKey={(token) => token.id} label="API tokens" />}
      </Section>
      <TokenDialog opened={making} onClose={() => setMaking(false)} />
      <ConfirmDialog
        opened={going !== null}
        onClose={close}
        title={`Revoke ${going?.name ?? ""}?`}
        confirmLabel="Revoke the token"
        danger
        busy={revoke.isPending}
        problem={revoke.error}
        onConfirm={() => going && revoke.mutate(going)}
      >
        Whatever uses <code className="mono">{going?.prefix}…</code> is refused from now on. It cannot be undone.
      </ConfirmDialog>
    </div>
  );
}

function columnsOf(mine: string | undefined, revoke: (token: Token) => void): Column<Token>[] {
  return [
    {
      id: "name",
      header: "Name",
      track: "minmax(180px, 2fr)",
      phone: "title",
      cell: (token) => (
        <div>
          <span className={`${c["strong"]} wrap`}>{token.name}</span>
          <span className={`${c["quiet"]} mono wrap`}>{token.prefix}…</span>
          {token.userId !== mine && <span className={c["quiet"]}> of a colleague</span>}
        </div>
      ),
    },
    {
      id: "scopes",
      header: "May",
      track: "minmax(180px, 2fr)",
      cell: (token) =>
        token.scopes.includes(ANY) ? (
          "Everything its user may"
        ) : (
          <span className={c["chips"]}>
            {token.scopes.map((scope) => (
              <span key={scope} className={c["chip"]}>
                {scope}
              </span>
            ))}
          </span>
        ),
    },
    {
      id: "used",
      header: "Last used",
      track: "minmax(100px, 1fr)",
      cell: (token) => (token.lastUsedAt ? <Ago at={token.lastUsedAt} /> : "Never"),
    },
    {
      id: "expires",
      header: "Expires",
      track: "minmax(110px, 1fr)",
      cell: (token) => (token.expiresAt ? <Moment at={token.expiresAt} as="day" /> : "Never"),
    },
    {
      id: "made",
      header: "Made",
      track: "minmax(100px, 1fr)",
      cell: (token) => <Moment at={token.createdAt} as="day" />,
    },
    {
      id: "actions",
      header: "Actions",
      align: "right",
      track: "100px",
      cell: (token) => (
        <div className={c["actions"]}>
          <Button size="xs" variant="default" aria-label={`Revoke ${token.name}`} onClick={() => revoke(token)}>
            Revoke
          </Button>
        </div>
      ),
    },
  ];
}
