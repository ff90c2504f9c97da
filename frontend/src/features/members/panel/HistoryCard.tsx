import { Button, SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { type Column, type Resolution, useHistory } from "../../../api/member";
import { Card } from "../../../ui/Card";
import { Section } from "../../../ui/Section";
import { useNow } from "../../../ui/time/now";
import type { Metric, Range } from "../search";
import { HistoryTable } from "./HistoryTable";
import c from "./panel.module.css";

const HistoryChart = lazy(() => import("./HistoryChart"));

export const RANGE: Record<Range, { label: string; resolution: Resolution; spanSec: number; rows: number }> = {
  "10min": { label: "10 min", resolution: "1s", spanSec: 600, rows: 20 },
  "6h": { label: "6 h", resolution: "10s", spanSec: 6 * 3600, rows: 24 },
  "30d": { label: "30 d", resolution: "5m", spanSec: 30 * 86_400, rows: 30 },
};

export const METRIC: Record<Metric, { label: string; column: Column; unit: "%" | ""; top: number | null }> = {
  cpu: { label: "CPU", column: "cpuPct", unit: "%", top: 100 },
  memory: { label: "Memory", column: "memoryPct", unit: "%", top: 100 },
  disk: { label: "Disk", column: "diskPct", unit: "%", top: 100 },
  load: { label: "Load", column: "load", unit: "", top: null },
  sessions: { label: "Sessions", column: "sessions", unit: "", top: null },
};

interface Props {
  memberId: string;
  metric: Metric;
  range: Range;
  haproxy: boolean;
  onChange: (next: { metric?: Metric; range?: Range }) => void;
}

/** One measurement over time, as a picture and as a table. */
export function HistoryCard({ memberId, metric, range, haproxy, onChange }: Props) {
  const [asTable, setAsTable] = useState(false);
  const { resolution, spanSec, rows } = RANGE[range];
  const history = useHistory(memberId, resolution);
  const to = Math.ceil(useNow() / 5000) * 5;
  const metrics = (Object.keys(METRIC) as Metric[]).filter((one) => one !== "sessions" || haproxy);
  return (
    <Card
      title="History"
      right={
        <div className={c["tools"]}>
          <SegmentedControl
            size="xs"
            aria-label="Measurement"
            data={metrics.map((one) => ({ value: one, label: METRIC[one].label }))}
            value={metric}
            onChange={(value) => onChange({ metric: value as Metric })}
          />
          <SegmentedControl
            size="xs"
            aria-label="Range"
            data={Object.entries(RANGE).map(([value, { label }]) => ({ value, label }))}
            value={range}
            onChange={(value) => onChange({ range: value as Range })}
          />
          <Button size="xs" variant="default" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? "Show as chart" : "Show as table"}
          </Button>
        </div>
      }
    >
      <Section
        query={history}
        isEmpty={(data) => data.rows.length === 0}
        empty={
          <p className={c["about"]}>Nothing was measured in this range yet. The first values come with heartbeats.</p>
        }
      >
        {(data) => {
          const shown = { history: data, ...METRIC[metric], to, spanSec };
          if (asTable) return <HistoryTable {...shown} rows={rows} />;
          return (
            <Suspense fallback={<div className={c["chart"]} aria-busy="true" />}>
              <HistoryChart {...shown} />
            </Suspense>
          );
        }}
      </Section>
    </Card>
  );
}
