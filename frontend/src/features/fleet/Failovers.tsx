import { Link } from "@tanstack/react-router";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import type { Tone } from "../../ui/tones";
import c from "./fleet.module.css";
import { useLastFailovers } from "./useFleet";

const SHOWN = 6;
const STATES: Record<string, readonly [Tone, string]> = {
  done: ["ok", "Done"],
  failed: ["down", "Failed"],
  superseded: ["idle", "Superseded"],
  switching: ["info", "Switching"],
  deciding: ["info", "Deciding"],
};
const KINDS = { automatic: "by itself", manual: "by hand", failback: "back to the preferred one" } as const;

/** The latest moves of all pools. */
export function Failovers() {
  const events = useLastFailovers(SHOWN);
  return (
    <Card title="Last failovers">
      <Section
        query={events}
        isEmpty={(page) => page.items.length === 0}
        empty={<p className={c["quiet"]}>No pool has failed over yet.</p>}
      >
        {(page) => (
          <ul className={c["events"]}>
            {page.items.map((event) => {
              const [tone, word] = STATES[event.state] ?? ["idle", event.state];
              return (
                <li key={event.id}>
                  <div className={c["eventWords"]}>
                    <Link
                      to="/pools/$pool/events/$event"
                      params={{ pool: event.poolId, event: event.id }}
                      className={c["eventName"]}
                    >
                      {event.poolName}
                    </Link>
                    <span>
                      {event.fromName ? `${event.fromName} to ${event.toName}` : `First to ${event.toName}`},{" "}
                      {KINDS[event.kind]}
                    </span>
                  </div>
                  <Pill tone={tone}>{word}</Pill>
                  <span className={c["when"]}>
                    <Ago at={event.createdAt} />
                  </span>
                </li>
              );
            })}
          </ul>
        )}
      </Section>
    </Card>
  );
}
