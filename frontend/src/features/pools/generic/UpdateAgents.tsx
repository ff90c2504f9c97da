import { Progress } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { orderForMember } from "../../../api/jobs";
import { keys } from "../../../api/keys";
import type { Overview } from "../../../api/pool";
import { asProblem } from "../../../api/problem";
import { useLack } from "../../../api/session";
import { plural } from "../../../lib/numbers";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { toast } from "../../../ui/toast";
import c from "./generic.module.css";
import { updatePlan } from "./outdated";

interface Failed {
  name: string;
  why: string;
}

/** `?update`: one job for each outdated agent, with a list of those that are left out. */
export function UpdateAgents({ overview, opened }: { overview: Overview; opened: boolean }) {
  const { pool, members, agentLatestVersion } = overview;
  const navigate = useNavigate();
  const client = useQueryClient();
  const lack = useLack("operator");
  const [done, setDone] = useState<number | null>(null);
  const [failed, setFailed] = useState<readonly Failed[]>([]);
  const orderKeys = useRef(new Map<string, string>());
  const { update, skipped } = updatePlan(members);
  const close = () => {
    setFailed([]);
    orderKeys.current.clear();
    void navigate({ to: "/pools/$pool", params: { pool: pool.id }, search: {} });
  };
  const order = async () => {
    const wrong: Failed[] = [];
    for (const [place, member] of update.entries()) {
      setDone(place);
      // One key for each member and dialog: a second press orders no second job.
      const key = orderKeys.current.get(member.id) ?? crypto.randomUUID();
      orderKeys.current.set(member.id, key);
      try {
        await orderForMember(member.id, { command: "agent.update" }, key);
      } catch (error) {
        wrong.push({ name: member.displayName, why: asProblem(error).message });
      }
    }
    setDone(null);
    void client.invalidateQueries({ queryKey: keys.jobs });
    setFailed(wrong);
    if (wrong.length > 0) return;
    toast.done(`${plural(update.length, "update")} ordered: each runs on the next heartbeat.`);
    close();
  };
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title={`Update outdated agents to version ${agentLatestVersion}?`}
      confirmLabel={`Update ${plural(update.length, "agent")}`}
      blocked={lack ?? (update.length === 0 ? "No agent can be updated now." : null)}
      busy={done !== null}
      onConfirm={() => void order()}
    >
      <p className={c["lead"]}>
        Each agent fetches the signed release, tries it out and restarts into it. The services on the hosts go on.
      </p>
      {update.length > 0 && (
        <>
          <h3 className={c["part"]}>Will be updated</h3>
          <ul className={c["list"]}>
            {update.map((member) => (
              <li key={member.id}>
                {member.displayName} <span>from v{member.heartbeat?.agentVersion ?? "?"}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {skipped.length > 0 && (
        <>
          <h3 className={c["part"]}>Left out</h3>
          <ul className={c["list"]}>
            {skipped.map(({ member, why }) => (
              <li key={member.id}>
                {member.displayName} <span>{why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {done !== null && (
        <div role="status">
          Ordered {done} of {update.length}
          <Progress value={(done / update.length) * 100} size={5} mt={6} aria-label="Updates ordered" />
        </div>
      )}
      {failed.length > 0 && (
        <div role="alert" className={c["failed"]}>
          <b>{plural(failed.length, "update was", "updates were")} refused</b>
          <ul className={c["list"]}>
            {failed.map(({ name, why }) => (
              <li key={name}>
                {name} <span>{why}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </ConfirmDialog>
  );
}
