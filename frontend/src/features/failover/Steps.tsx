import { long } from "../../lib/duration";
import c from "./Steps.module.css";
import type { Step } from "./stepTimes";

/** A bar of the steps in their true lengths; the list under it says the same in words. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  const total = steps.reduce((sum, step) => sum + step.sec, 0);
  return (
    <>
      <div className={c["bar"]} aria-hidden>
        {steps.map((step) => (
          <i key={step.name} data-tone={step.tone} style={{ flexGrow: Math.max(step.sec, total / 100) }} />
        ))}
      </div>
      <ol className={c["steps"]}>
        {steps.map((step) => (
          <li key={step.name} data-tone={step.tone}>
            <span>{step.name}</span>
            <strong className="num">{exactly(step.sec)}</strong>
          </li>
        ))}
        {steps.length > 1 && (
          <li data-tone="sum">
            <span>Together</span>
            <strong className="num">{exactly(total)}</strong>
          </li>
        )}
      </ol>
    </>
  );
}

/** Tenths matter here as long as they are seconds. */
const exactly = (sec: number): string => (sec < 99.95 ? `${sec.toFixed(1)} s` : long(sec));
