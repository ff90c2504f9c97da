import { Skeleton } from "@mantine/core";
import type { Failover, Overview, PoolDns } from "../../../api/pool";
import { ToneIcon } from "../../../ui/Pill";
import type { Place } from "../rules/lineup";
import { verdicts } from "../rules/verdicts";
import { Flow } from "./Flow";
import c from "./Hero.module.css";

interface Props {
  overview: Overview;
  places: readonly Place[];
  failover: Failover | undefined;
  dns: PoolDns | null | undefined;
  stale: boolean;
}

/** Where traffic goes, and the three answers that a person opens this page for. */
export function Hero({ overview, places, failover, dns, stale }: Props) {
  const found = failover && dns !== undefined ? verdicts({ overview, failover, dns }) : null;
  return (
    <section className={c["hero"]} aria-label="Traffic flow">
      <Flow
        poolId={overview.pool.id}
        places={places}
        dns={dns}
        traffic={found?.[0] ?? { tone: "idle", text: "The state is being read", detail: "" }}
        switching={failover?.switching ?? false}
        stale={stale}
      />
      <ul className={c["answers"]} data-stale={stale}>
        {found
          ? found.map((verdict, place) => (
              <li key={QUESTIONS[place]}>
                <ToneIcon tone={verdict.tone} />
                <div>
                  <span className="vh">{QUESTIONS[place]} </span>
                  <b>{verdict.text}</b>
                  <span>{verdict.detail}</span>
                </div>
              </li>
            ))
          : QUESTIONS.map((question) => (
              <li key={question} aria-busy>
                <Skeleton height={34} radius={6} />
              </li>
            ))}
      </ul>
    </section>
  );
}

const QUESTIONS = ["Is traffic on the active member?", "Are the standbys ready?", "Will DNS move by itself?"] as const;
