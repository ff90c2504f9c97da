import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import { useLack } from "../../../api/session";
import { plural } from "../../../lib/numbers";
import { announce } from "../../../ui/announce";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { WhyButton } from "../../../ui/WhyButton";
import { BULK, type BulkAction, type BulkCount, runBulk } from "./bulk";
import c from "./list.module.css";

interface Props {
  poolId: string;
  chosen: readonly PoolMember[];
  onClear: () => void;
}

/** What can be done with the chosen members together: who is left out and why, and what became of the others. */
export function BulkBar({ poolId, chosen, onClear }: Props) {
  const lack = useLack("operator");
  const [action, setAction] = useState<BulkAction | null>(null);
  return (
    <>
      <section className={c["bulk"]} aria-label="Chosen members">
        <b>{plural(chosen.length, "member")} chosen</b>
        {BULK.map((one) => (
          <WhyButton key={one.id} size="xs" variant="default" why={lack} onClick={() => setAction(one)}>
            {one.label}
          </WhyButton>
        ))}
        <Button size="xs" variant="subtle" color="gray" onClick={onClear}>
          Clear
        </Button>
      </section>
      {action && <BulkDialog action={action} poolId={poolId} members={chosen} onClose={() => setAction(null)} />}
    </>
  );
}

function BulkDialog({
  action,
  poolId,
  members,
  onClose,
}: {
  action: BulkAction;
  poolId: string;
  members: readonly PoolMember[];
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [plan] = useState(() => members.map((member) => ({ member, why: action.skip(member) })));
  const [count, setCount] = useState<BulkCount | null>(null);
  const [busy, setBusy] = useState(false);
  const going = plan.flatMap(({ member, why }) => (why === null ? [member] : []));
  const skipped = plan.filter(({ why }) => why !== null);
  const start = async () => {
    setBusy(true);
    setCount({ done: 0, failed: [], waiting: going.length });
    const ended = await runBulk(going, action.run, setCount);
    announce(`${action.label}: ${ended.done} done, ${ended.failed.length} failed.`);
    setBusy(false);
    void client.invalidateQueries({ queryKey: keys.pool(poolId) });
    void client.invalidateQueries({ queryKey: keys.jobs });
  };
  const over = count !== null && count.waiting === 0;
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`${action.label}: ${plural(going.length, "member")}`}
      confirmLabel={over ? "Close" : `${action.label} on ${plural(going.length, "member")}`}
      busy={busy}
      blocked={going.length === 0 ? "None of the chosen members needs it." : null}
      onConfirm={() => (over ? onClose() : void start())}
    >
      <p style={{ marginTop: 0 }}>{action.says}</p>
      {skipped.length > 0 && (
        <>
          <b>{plural(skipped.length, "member")} left out</b>
          <ul className={c["list"]}>
            {skipped.slice(0, 100).map(({ member, why }) => (
              <li key={member.id}>
                {member.displayName} {why}
              </li>
            ))}
            {skipped.length > 100 && <li>and {skipped.length - 100} more for the same reasons</li>}
          </ul>
        </>
      )}
      {count && (
        <div aria-live="polite">
          <div className={c["progress"]} aria-hidden>
            <i style={{ width: `${((going.length - count.waiting) / Math.max(1, going.length)) * 100}%` }} />
          </div>
          <p>
            {count.done} {action.id === "update" ? "ordered" : "done"}, {count.failed.length} failed, {count.waiting}{" "}
            waiting.{" "}
            {over && action.id === "update" && (
              <Link to="/jobs" search={{ command: "agent.update", pool: poolId }}>
                See how the updates go
              </Link>
            )}
          </p>
          {count.failed.length > 0 && (
            <ul className={c["list"]}>
              {count.failed.map(({ name, why }) => (
                <li key={name}>
                  {name}: {why}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </ConfirmDialog>
  );
}
