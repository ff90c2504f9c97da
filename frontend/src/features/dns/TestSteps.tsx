import type { PoolDns } from "../../api/pool";
import { Card } from "../../ui/Card";
import { Pill, ToneIcon } from "../../ui/Pill";
import { Ago } from "../../ui/time/Moment";
import c from "./name.module.css";

type Step = NonNullable<PoolDns["preflight"]>["steps"][number];

const TITLES: Readonly<Record<string, string>> = {
  credential: "The key works",
  zone: "The key sees the zone",
  record: "The record is ours",
  answer: "The zone's servers agree",
  write: "The key may write",
};

/** The way of a cutover, step by step, up to the first that fails. */
export function TestSteps({ preflight }: { preflight: PoolDns["preflight"] }) {
  return (
    <Card
      title="Would a failover reach DNS?"
      right={
        preflight && (
          <span className={c["aside"]}>
            Tested <Ago at={preflight.at} />
          </span>
        )
      }
    >
      {preflight ? (
        <>
          <p className={c["verdict"]}>
            <Verdict colour={preflight.colour} />
          </p>
          <ol className={c["steps"]}>
            {preflight.steps.map((step) => (
              <StepLine key={step.name} step={step} />
            ))}
          </ol>
        </>
      ) : (
        <p className={c["none"]}>
          Not tested yet. Test walks the way of a cutover: key, zone, record and answer. Nothing is written.
        </p>
      )}
    </Card>
  );
}

function Verdict({ colour }: { colour: "green" | "amber" | "red" }) {
  if (colour === "green") return <Pill tone="ok">Ready</Pill>;
  if (colour === "amber") return <Pill tone="late">Ready, with a warning</Pill>;
  return <Pill tone="down">Not ready</Pill>;
}

function StepLine({ step }: { step: Step }) {
  const tone = !step.ok ? "down" : step.warn ? "late" : "ok";
  const word = !step.ok ? "Failed" : step.warn ? "Warning" : "Passed";
  return (
    <li className={c["step"]}>
      <ToneIcon tone={tone} size={18} />
      <div>
        <p>
          <strong className={c["stepTitle"]}>{TITLES[step.name] ?? step.name}</strong>
          <span className={c["stepWord"]} data-tone={tone}>
            {word}
          </span>
        </p>
        <p className="wrap">{step.why}</p>
        {step.fix && tone !== "ok" && <p className={`${c["fix"]} wrap`}>{step.fix}</p>}
      </div>
    </li>
  );
}
