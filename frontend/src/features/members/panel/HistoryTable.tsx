import { type Column, type History, seriesOf } from "../../../api/member";
import { Moment } from "../../../ui/time/Moment";
import c from "./panel.module.css";

interface Props {
  history: History;
  label: string;
  column: Column;
  unit: "%" | "";
  to: number;
  spanSec: number;
  rows: number;
}

const FINE = 20;

/** The chart in numbers: lowest, mean and highest of each stretch, the latest first. */
export function HistoryTable({ history, label, column, unit, to, spanSec, rows }: Props) {
  const fine = seriesOf(history, column, { to, spanSec, points: rows * FINE });
  const step = spanSec / rows;
  const stretches = Array.from({ length: rows }, (_, place) => {
    const known = fine.slice(place * FINE, (place + 1) * FINE).filter((value): value is number => value !== null);
    return { from: to - spanSec + place * step, known };
  }).reverse();
  const words = (value: number | undefined) =>
    value === undefined ? "–" : `${unit ? Math.round(value) : value.toFixed(2)}${unit}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section className={c["scroll"]} tabIndex={0} aria-label={`${label} in numbers`}>
      <table className={c["table"]} aria-label={`${label} over time`}>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col" className={c["right"]}>
              Lowest
            </th>
            <th scope="col" className={c["right"]}>
              Mean
            </th>
            <th scope="col" className={c["right"]}>
              Highest
            </th>
          </tr>
        </thead>
        <tbody>
          {stretches.map(({ from, known }) => (
            <tr key={from}>
              <td>
                <Moment at={from * 1000} />
              </td>
              {known.length === 0 ? (
                <td colSpan={3} className={c["right"]}>
                  Nothing known
                </td>
              ) : (
                <>
                  <td className={c["right"]}>{words(Math.min(...known))}</td>
                  <td className={c["right"]}>{words(known.reduce((sum, one) => sum + one, 0) / known.length)}</td>
                  <td className={c["right"]}>{words(Math.max(...known))}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
