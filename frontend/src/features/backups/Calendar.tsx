import { plural } from "../../lib/numbers";
import type { Overview } from "./backupQueries";
import c from "./backups.module.css";

const DAYS = 84;
const DAY_MS = 86_400_000;

type Day = Overview["calendar"][number];

/** The last twelve weeks, a square for each UTC day. The table under it says the same in words. */
export function Calendar({ days, today = new Date() }: { days: readonly Day[]; today?: Date }) {
  const known = new Map(days.map((day) => [day.date, day]));
  const last = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  // Weeks begin on Monday: the first column may begin before the span.
  const first = last - (DAYS - 1) * DAY_MS;
  const lead = (new Date(first).getUTCDay() + 6) % 7;
  const cells = Array.from({ length: DAYS }, (_, number) =>
    new Date(first + number * DAY_MS).toISOString().slice(0, 10),
  );
  return (
    <>
      <div className={c["calendar"]} aria-hidden>
        {Array.from({ length: lead }, (_, number) => (
          <span key={`lead-${number}`} />
        ))}
        {cells.map((date) => (
          <span
            key={date}
            className={c["day"]}
            data-state={stateOf(known.get(date))}
            title={wordsOf(date, known.get(date))}
          />
        ))}
      </div>
      <p className={c["legend"]}>
        <span className={c["day"]} data-state="good" aria-hidden /> backed up{" "}
        <span className={c["day"]} data-state="mixed" aria-hidden /> one failed{" "}
        <span className={c["day"]} data-state="failed" aria-hidden /> all failed
      </p>
      <details className={c["twin"]}>
        <summary>Show the days as a list</summary>
        {days.length === 0 ? (
          <p>No backup yet.</p>
        ) : (
          <ul>
            {[...days].reverse().map((day) => (
              <li key={day.date}>{wordsOf(day.date, day)}</li>
            ))}
          </ul>
        )}
      </details>
    </>
  );
}

const stateOf = (day: Day | undefined): string =>
  day === undefined ? "none" : day.failed === 0 ? "good" : day.failed < day.count ? "mixed" : "failed";

const wordsOf = (date: string, day: Day | undefined): string =>
  day === undefined
    ? `${date}: no backup`
    : `${date}: ${plural(day.count, "backup")}${day.failed > 0 ? `, ${day.failed} failed` : ""}`;
