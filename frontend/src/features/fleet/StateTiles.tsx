import { Link } from "@tanstack/react-router";
import { count, plural } from "../../lib/numbers";
import { Dot } from "../../ui/Dot";
import c from "./fleet.module.css";
import type { Split } from "./verdict";

const STATES = [
  ["fresh", "ok", "Healthy"],
  ["late", "late", "Late"],
  ["down", "down", "Down"],
  ["unknown", "idle", "Unknown"],
] as const;

/** Members by state, large enough to be read across a room. Each number leads to the table with these members. */
export function StateTiles({ split, pools, stale }: { split: Split; pools: number; stale: boolean }) {
  return (
    <section className={c["states"]} aria-label="Members by state" data-stale={stale}>
      <div className={c["bar"]} aria-hidden>
        {STATES.map(
          ([part, tone]) => split[part] > 0 && <i key={part} data-tone={tone} style={{ flexGrow: split[part] }} />,
        )}
        {split.members === 0 && <i style={{ flexGrow: 1 }} />}
      </div>
      <ul>
        {STATES.map(([part, tone, word]) => (
          <li key={part} data-tone={tone} data-some={split[part] > 0}>
            <b className={`${c["number"]} num`}>{count(split[part])}</b>
            <Link to="/members" search={{ state: part }} className={c["stateLink"]}>
              <Dot tone={tone} />
              {word}
            </Link>
          </li>
        ))}
      </ul>
      <p>
        {plural(split.members, "member")} in <Link to="/pools">{plural(pools, "pool")}</Link>
      </p>
    </section>
  );
}
