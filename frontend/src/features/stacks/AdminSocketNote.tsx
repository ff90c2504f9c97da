import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { orderForMember } from "../../api/jobs";
import { keys } from "../../api/keys";
import type { PoolMember } from "../../api/pool";
import { useLack } from "../../api/session";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./stacks.module.css";

/** Without the socket HAProxy says nothing of its sessions and takes no orders about servers; this says why, and mends it. */
export function AdminSocketNote({
  member,
  running,
  silent,
}: {
  member: PoolMember;
  running: boolean;
  silent: boolean;
}) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const [busy, setBusy] = useState(false);
  const enable = async () => {
    setBusy(true);
    try {
      await orderForMember(member.id, { command: "haproxy.admin_socket_enable" }, crypto.randomUUID());
      toast.done("Enable the admin socket: ordered. It runs on the next heartbeat.");
      await client.invalidateQueries({ queryKey: keys.jobs });
    } catch (error) {
      toast.failed(error);
    } finally {
      setBusy(false);
    }
  };
  const why = lack ?? (silent ? "The host is not heard now: wait until it is." : null);
  return (
    <div className={c["note"]} role="note">
      {running ? (
        <>
          <p>
            HAProxy has no admin socket, so the state of its servers is not known and they cannot be drained from here.
            Enabling it adds a UNIX socket, which is not reachable over the network, and reloads HAProxy.
          </p>
          <WhyButton why={why} variant="default" loading={busy} onClick={() => void enable()}>
            Enable the admin socket
          </WhyButton>
        </>
      ) : (
        <p>HAProxy does not run, so the state of its servers is not known and they cannot be drained from here.</p>
      )}
    </div>
  );
}
