import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { HaproxyFacts, ServerFact } from "../../api/facts";
import { orderForMember } from "../../api/jobs";
import { keys } from "../../api/keys";
import type { PoolMember } from "../../api/pool";
import { useLack } from "../../api/session";
import { useLive } from "../../api/stream/live";
import { Card } from "../../ui/Card";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Pill } from "../../ui/Pill";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { type ServerWish, serverState, WISHES, wishesFor } from "./serverState";
import c from "./stacks.module.css";

interface Props {
  member: PoolMember;
  haproxy: HaproxyFacts;
  silent: boolean;
}

interface Asked {
  backend: string;
  server: ServerFact;
  wish: ServerWish;
  /** Servers of the same backend that go on serving. */
  others: number;
}

/** Backends with their servers; each server can be drained, put into maintenance and put back. */
export function Servers({ member, haproxy, silent }: Props) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const { stale } = useLive();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const control = haproxy.adminSocket && !silent;
  const order = async ({ backend, server, wish }: Asked) => {
    setBusy(true);
    setProblem(null);
    try {
      await orderForMember(
        member.id,
        { command: WISHES[wish].command, params: { backend, server: server.name } },
        crypto.randomUUID(),
      );
      toast.done(`${WISHES[wish].label}: ordered for ${backend}/${server.name}. It runs on the next heartbeat.`);
      setAsked(null);
      await client.invalidateQueries({ queryKey: keys.jobs });
    } catch (error) {
      if (wish === "ready") toast.failed(error);
      else setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Backends and servers" flush={haproxy.backends.length > 0}>
      {haproxy.backends.length === 0 ? (
        <p className={c["about"]}>The configuration names no backend with servers, or it was not read yet.</p>
      ) : (
        <table className={c["table"]} aria-label="Backends and servers">
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col">Address</th>
              <th scope="col">State</th>
              {control && (
                <th scope="col">
                  <span className="vh">Orders</span>
                </th>
              )}
            </tr>
          </thead>
          {haproxy.backends.map((backend) => {
            const up = backend.servers.filter((one) => one.state === "UP" || one.state === "no").length;
            return (
              <tbody key={backend.name}>
                <tr className={c["group"]}>
                  <th scope="rowgroup" colSpan={control ? 4 : 3}>
                    {backend.name}
                    {haproxy.adminSocket && ` (${up} of ${backend.servers.length} up)`}
                  </th>
                </tr>
                {backend.servers.map((server) => {
                  const { word, tone } = serverState(server.state, silent);
                  const others = up - (server.state === "UP" || server.state === "no" ? 1 : 0);
                  return (
                    <tr key={server.name}>
                      <th scope="row">{server.name}</th>
                      <td data-label="Address" className={c["mono"]}>
                        {server.address}
                      </td>
                      <td data-label="State">
                        <Pill tone={tone}>{word}</Pill>
                      </td>
                      {control && (
                        <td>
                          <div className={c["buttons"]}>
                            {wishesFor(server.state).map((wish) => (
                              <WhyButton
                                key={wish}
                                size="compact-sm"
                                variant="default"
                                aria-label={`${WISHES[wish].label} ${server.name}`}
                                why={
                                  lack ?? (stale ? "The page is not up to date: wait until it is live again." : null)
                                }
                                onClick={() => {
                                  const next = { backend: backend.name, server, wish, others };
                                  if (wish === "ready") void order(next);
                                  else setAsked(next);
                                }}
                              >
                                {WISHES[wish].label}
                              </WhyButton>
                            ))}
                          </div>
                        </td>
                      )}
                    </tr>
                  );
                })}
              </tbody>
            );
          })}
        </table>
      )}
      {asked && (
        <ConfirmDialog
          opened
          onClose={() => {
            setAsked(null);
            setProblem(null);
          }}
          title={asked.wish === "drain" ? `Drain ${asked.server.name}?` : `Put ${asked.server.name} into maintenance?`}
          confirmLabel={
            asked.wish === "drain" ? `Drain ${asked.server.name}` : `Start maintenance of ${asked.server.name}`
          }
          danger={asked.others === 0}
          busy={busy}
          problem={problem}
          onConfirm={() => void order(asked)}
        >
          <p style={{ marginTop: 0 }}>
            {WISHES[asked.wish].says} This goes for {member.displayName} alone; other members keep their own list.
          </p>
          <p>
            {asked.others === 0
              ? `No other server of ${asked.backend} is up: its clients would not be served.`
              : `${asked.others} other ${asked.others === 1 ? "server" : "servers"} of ${asked.backend} would go on serving.`}
          </p>
        </ConfirmDialog>
      )}
    </Card>
  );
}
