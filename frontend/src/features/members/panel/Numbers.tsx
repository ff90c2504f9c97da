import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useBeat } from "../../../api/beats";
import { type HostFacts, worstDisk } from "../../../api/facts";
import { type Column, type History, peakOf, seriesOf, useHistory } from "../../../api/member";
import type { PoolMember } from "../../../api/pool";
import { bytes } from "../../../lib/bytes";
import { percent } from "../../../lib/numbers";
import { Sparkline } from "../../../ui/Sparkline";
import { useNow } from "../../../ui/time/now";
import type { Tone } from "../../../ui/tones";
import type { Metric } from "../search";
import c from "./panel.module.css";
import { isSilent } from "./standing";

const HOUR = 3600;

/** CPU, memory, the fullest disk and load: the number now and how it went in the last hour. */
export function Numbers({ member, facts, metric }: { member: PoolMember; facts: HostFacts | null; metric: Metric }) {
  const beat = useBeat(member.id);
  const history = useHistory(member.id, "10s").data;
  const silent = isSilent(beat.state);
  const cpu = beat.cpuPct ?? facts?.cpuPct ?? null;
  const memory = beat.memoryPct ?? facts?.memory?.usedPct ?? null;
  const disk = worstDisk(facts?.disks ?? []);
  const load = beat.load ?? facts?.load[0] ?? null;
  const cores = facts?.cpuCount ?? null;
  const shared = { member, silent, history };
  return (
    <div className={c["numbers"]}>
      <NumberCard
        {...shared}
        metric="cpu"
        on={metric === "cpu"}
        label="CPU"
        side={cores === null ? null : `${cores} ${cores === 1 ? "core" : "cores"}`}
        value={cpu === null ? "–" : percent(cpu)}
        note={<Peak history={history} column="cpuPct" />}
        column="cpuPct"
        tone="accent"
        max={100}
        threshold={90}
      />
      <NumberCard
        {...shared}
        metric="memory"
        on={metric === "memory"}
        label="Memory"
        side={facts?.memory ? bytes(facts.memory.totalBytes) : null}
        value={memory === null ? "–" : percent(memory)}
        note={memoryNote(facts)}
        column="memoryPct"
        tone={toneOf(memory, 90, 97, "info")}
        max={100}
        threshold={90}
      />
      <NumberCard
        {...shared}
        metric="disk"
        on={metric === "disk"}
        label={disk ? `Disk ${disk.mount}` : "Disk"}
        side={disk ? bytes(disk.totalBytes) : null}
        value={disk === null ? "–" : percent(disk.usedPct)}
        note={diskNote(facts)}
        column="diskPct"
        tone={toneOf(disk?.usedPct ?? null, 75, 92, "ok")}
        max={100}
        threshold={85}
      />
      <NumberCard
        {...shared}
        metric="load"
        on={metric === "load"}
        label="Load"
        side="1, 5, 15 min"
        value={
          load === null ? (
            "–"
          ) : (
            <>
              {load.toFixed(2)}{" "}
              <small>
                {(facts?.load ?? [])
                  .slice(1)
                  .map((one) => one.toFixed(2))
                  .join(" ")}
              </small>
            </>
          )
        }
        note={load !== null && cores ? `${(load / cores).toFixed(2)} per core` : null}
        column="load"
        tone={toneOf(load !== null && cores ? load / cores : null, 1, 2, "ok")}
        {...(cores ? { max: Math.max(cores, (load ?? 0) * 1.1) } : {})}
      />
    </div>
  );
}

interface CardProps {
  member: PoolMember;
  metric: Metric;
  on: boolean;
  label: string;
  side: ReactNode;
  value: ReactNode;
  note: ReactNode;
  column: Column;
  history: History | undefined;
  silent: boolean;
  tone: Tone | "accent";
  max?: number;
  threshold?: number;
}

function NumberCard({
  member,
  metric,
  on,
  label,
  side,
  value,
  note,
  column,
  history,
  silent,
  tone,
  ...how
}: CardProps) {
  return (
    <Link
      className={c["number"]}
      data-dim={silent}
      data-on={on}
      to="/pools/$pool/members/$member/control-panel"
      params={{ pool: member.poolId, member: member.id }}
      search={(before: Record<string, unknown>) => ({ ...before, metric })}
      replace
      resetScroll={false}
      aria-current={on ? "true" : undefined}
    >
      <div className={c["top"]}>
        <span className="wrap">{label}</span>
        <span>{side}</span>
      </div>
      <div className={`${c["big"]} num`}>{value}</div>
      <div className={c["foot"]}>{silent && value !== "–" ? "As last reported" : note}</div>
      <div className={c["line"]}>
        <HourLine history={history} column={column} tone={silent ? "idle" : tone} {...how} />
      </div>
    </Link>
  );
}

/** The last hour up to this moment: where nothing was heard the line ends. */
function HourLine({
  history,
  column,
  ...how
}: {
  history: History | undefined;
  column: Column;
  tone: Tone | "accent";
  max?: number;
  threshold?: number;
}) {
  const minute = Math.floor(useNow() / 60_000);
  if (history === undefined) return <Sparkline values={[]} height={56} {...how} />;
  const values = seriesOf(history, column, { to: (minute + 1) * 60, spanSec: HOUR, points: 60 });
  // The minute that has just begun is not a gap.
  if (values.at(-1) === null) values.pop();
  return <Sparkline values={values} height={56} {...how} />;
}

function Peak({ history, column }: { history: History | undefined; column: Column }) {
  const now = useNow() / 1000;
  const peak = history ? peakOf(history, column, now - HOUR) : null;
  return peak === null ? null : <>Peak {percent(peak)}, last hour</>;
}

function memoryNote(facts: HostFacts | null): string | null {
  if (!facts?.memory) return null;
  const swap = facts.swap && facts.swap.usedBytes > 0 ? `${bytes(facts.swap.usedBytes)} swapped` : "no swap used";
  return `${bytes(facts.memory.usedBytes)} used, ${swap}`;
}

function diskNote(facts: HostFacts | null): string | null {
  const disks = facts?.disks ?? [];
  const worst = worstDisk(disks);
  if (worst === null) return null;
  const inodes =
    worst.inodesUsedPct !== null && worst.inodesUsedPct >= 80 ? `, ${percent(worst.inodesUsedPct)} inodes` : "";
  const rest = disks.length > 1 ? `, fullest of ${disks.length}` : "";
  return `${bytes(worst.totalBytes - worst.usedBytes)} free${inodes}${rest}`;
}

function toneOf(value: number | null, late: number, down: number, fine: Tone | "accent"): Tone | "accent" {
  if (value === null) return "idle";
  return value >= down ? "down" : value >= late ? "late" : fine;
}
