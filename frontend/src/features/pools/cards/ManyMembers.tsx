import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { count } from "../../../lib/numbers";
import { Card } from "../../../ui/Card";
import { Dot } from "../../../ui/Dot";
import type { Split } from "../rules/liveHealth";
import c from "./ManyMembers.module.css";

const STATES = [
  ["ok", "Healthy", "fresh"],
  ["late", "Late", "late"],
  ["down", "Down", "down"],
  ["idle", "Unknown", "unknown"],
] as const;

/** A large pool by state. Each number leads to the table with just these members. */
export function ManyMembers({ poolId, split, members }: { poolId: string; split: Split; members: number }) {
  return (
    <Card
      title="Members"
      className={c["many"]}
      right={
        <Button
          size="xs"
          variant="default"
          renderRoot={(props) => <Link {...props} to="/pools/$pool/members" params={{ pool: poolId }} />}
        >
          All {count(members)} members
        </Button>
      }
    >
      <div className={c["bar"]} aria-hidden>
        {STATES.map(([tone]) => split[tone] > 0 && <i key={tone} data-tone={tone} style={{ flexGrow: split[tone] }} />)}
      </div>
      <ul className={c["states"]}>
        {STATES.map(([tone, word, state]) => (
          <li key={tone}>
            <Link to="/pools/$pool/members" params={{ pool: poolId }} search={{ state }}>
              <Dot tone={tone} />
              {word}
            </Link>
            <b className="num">{count(split[tone])}</b>
          </li>
        ))}
      </ul>
    </Card>
  );
}
