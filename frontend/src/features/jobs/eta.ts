/** What was seen of a job's progress: seconds since its start, and the percentage then. */
export interface Sample {
  atSec: number;
  percent: number;
}

const FIRST_SEC = 5;
const RECENT_SEC = 30;
const LONGEST_SEC = 24 * 3600;

/**
 * What is left, as a range in seconds: between the pace since the start and the pace of the last half minute, widened by
 * a quarter. Null in the first 5 s, without a percentage, and when nothing moves: then nobody can know.
 */
export function secondsLeft(samples: readonly Sample[]): [least: number, most: number] | null {
  const last = samples.at(-1);
  if (last === undefined || last.atSec < FIRST_SEC || last.percent <= 0 || last.percent >= 100) return null;
  const left = 100 - last.percent;
  const paces = [last.percent / last.atSec];
  const before = samples.find((sample) => last.atSec - sample.atSec <= RECENT_SEC);
  if (before !== undefined && before !== last && last.atSec - before.atSec >= FIRST_SEC) {
    const pace = (last.percent - before.percent) / (last.atSec - before.atSec);
    if (pace <= 0) return null;
    paces.push(pace);
  }
  const times = paces.map((pace) => left / pace);
  const most = Math.max(...times) * 1.25;
  if (most > LONGEST_SEC) return null;
  return [Math.min(...times) * 0.75, most];
}

/** "about 20 to 40 s left" */
export function leftWords([least, most]: readonly [number, number]): string {
  if (most < 5) return "a few seconds left";
  if (most < 90) return `about ${Math.max(1, round(least, 5))} to ${round(most, 5)} s left`;
  const from = Math.max(1, Math.floor(least / 60));
  const to = Math.ceil(most / 60);
  return to > 120
    ? `about ${(least / 3600).toFixed(1)} to ${(most / 3600).toFixed(1)} h left`
    : `about ${from} to ${to} min left`;
}

const round = (value: number, step: number): number => Math.round(value / step) * step || step;
