import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type Column, type History, seriesOf } from "../../../api/member";
import { clockText, dayText, momentText, zoneName } from "../../../ui/time/format";
import { useZone, type Zone } from "../../../ui/time/zone";
import c from "./panel.module.css";

interface Props {
  history: History;
  label: string;
  column: Column;
  unit: "%" | "";
  top: number | null;
  to: number;
  spanSec: number;
}

const HEIGHT = 240;

/** "18:24:30" within minutes, "18:24" within a day, "25 Nov" beyond. */
function tickText(at: number, spanSec: number, zone: Zone): string {
  const clock = clockText(at * 1000, zone);
  if (spanSec > 2 * 86_400) return dayText(at * 1000, zone).replace(/ \d{4}$/, "");
  return clock.endsWith(":00") ? clock.slice(0, 5) : clock;
}

/** A line over time with gaps where nothing was heard. The table beside it says the same in numbers. */
export default function HistoryChart({ history, label, column, unit, top, to, spanSec }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const zone = useZone();

  // Anew for another measurement, zone or theme; new samples only change the data below.
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const role = (name: string) => getComputedStyle(box).getPropertyValue(name).trim();
    const axis = { stroke: role("--ink-3"), grid: { stroke: role("--grid"), width: 1 }, ticks: { show: false } };
    const font = `12px ${role("--font")}`;
    const made = new uPlot(
      {
        width: box.clientWidth || 600,
        height: HEIGHT,
        tzDate: (at) => (zone === "utc" ? uPlot.tzDate(new Date(at * 1000), "UTC") : new Date(at * 1000)),
        scales: { y: { range: (_, __, max) => [0, top ?? Math.max(1, (max ?? 0) * 1.15)] } },
        axes: [
          { ...axis, font, values: (_, ticks) => ticks.map((tick) => tickText(tick, spanSec, zone)) },
          { ...axis, font, size: 46, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`) },
        ],
        legend: { live: true },
        series: [
          {
            label: "Time",
            value: (_, at) => (at == null ? "–" : `${momentText(at * 1000, zone)} ${zoneName(at * 1000, zone)}`),
          },
          {
            label,
            stroke: role("--accent"),
            width: 1.6,
            fill: role("--glow"),
            spanGaps: false,
            points: { show: false },
            value: (_, value) => (value == null ? "–" : `${unit ? Math.round(value) : value.toFixed(2)}${unit}`),
          },
        ],
      },
      [[], []],
      box,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [label, unit, top, zone, scheme, spanSec]);

  useEffect(() => {
    const points = 600;
    const step = spanSec / points;
    const values = seriesOf(history, column, { to, spanSec, points });
    plot.current?.setData([values.map((_, at) => to - spanSec + (at + 0.5) * step), values]);
  }, [history, column, to, spanSec, label, unit, top, zone, scheme]);

  return (
    <div
      ref={place}
      className={c["chart"]}
      role="img"
      aria-label={`${label} from ${clockText((to - spanSec) * 1000, zone)} to ${clockText(to * 1000, zone)} ${zoneName(to * 1000, zone)}`}
    />
  );
}
