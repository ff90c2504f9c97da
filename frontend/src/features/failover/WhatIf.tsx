import { Button, Switch } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import type { PoolMember } from "../../api/pool";
import { Card } from "../../ui/Card";
import { Pill, ToneIcon } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { type Candidate, type Decision, decisionWords, healthWords, inOrder } from "./decisionWords";
import { Gates, Votes } from "./Gates";
import c from "./WhatIf.module.css";

interface Props {
  poolId: string;
  members: readonly PoolMember[];
  dead: readonly string[];
  onChange: (dead: string[]) => void;
  /** A link led here: it is brought into sight. */
  linked?: boolean;
}

/** More toggles than this help nobody; the active member and the first standbys are among them. */
const TOGGLES_MAX = 24;

/** What would happen now, and if members died. The same function decides for real; nothing is changed here. */
export function WhatIf({ poolId, members, dead, onChange, linked = false }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (linked) place.current?.scrollIntoView({ block: "nearest" });
  }, [linked]);
  const known = dead.filter((id) => members.some((member) => member.id === id));
  const decision = useQuery({
    queryKey: [...keys.pool(poolId), "simulate", [...known].sort().join()],
    queryFn: () =>
      take(api.POST("/api/pools/{poolId}/failover/simulate", { params: { path: { poolId } }, body: { dead: known } })),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
  const offered = [...members].sort((a, b) => Number(b.active) - Number(a.active) || a.priority - b.priority);
  const kill = (id: string, on: boolean) => onChange(on ? [...known, id] : known.filter((one) => one !== id));
  return (
    <div ref={place}>
      <Card title="What if">
        <p className={c["about"]}>
          Take members as dead, on paper. The rules that decide for real say what they would do; nothing is touched.
        </p>
        {members.length === 0 ? (
          <p className={c["about"]}>The pool has no members yet.</p>
        ) : (
          <>
            <div className={c["toggles"]}>
              {offered.slice(0, TOGGLES_MAX).map((member) => (
                <Switch
                  key={member.id}
                  size="sm"
                  label={
                    <span className="wrap">
                      {member.displayName} is dead
                      {member.active && <span className={c["role"]}> (active now)</span>}
                    </span>
                  }
                  checked={known.includes(member.id)}
                  onChange={(event) => kill(member.id, event.currentTarget.checked)}
                />
              ))}
              {offered.length > TOGGLES_MAX && (
                <p className={c["about"]}>
                  The first {TOGGLES_MAX} of {offered.length} members, in failover order.
                </p>
              )}
            </div>
            {known.length > 0 && (
              <Button size="xs" variant="subtle" onClick={() => onChange([])}>
                All alive again
              </Button>
            )}
            <Section query={decision}>{(found) => <Answer decision={found} assumed={known} />}</Section>
          </>
        )}
      </Card>
    </div>
  );
}

function Answer({ decision, assumed }: { decision: Decision; assumed: readonly string[] }) {
  const { tone, text } = decisionWords(decision);
  const title = useId();
  return (
    <div className={c["answer"]}>
      <div className={c["verdict"]} data-tone={tone} role="status">
        <ToneIcon tone={tone} />
        <div>
          <strong>{text}</strong>
          {decision.sentences.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
      </div>
      <h3 id={title} className={c["h3"]}>
        Each member
      </h3>
      <ul className={c["members"]} aria-labelledby={title}>
        {inOrder(decision.members)
          .slice(0, TOGGLES_MAX)
          .map((member) => (
            <li key={member.memberId}>
              <One
                member={member}
                chosen={member.memberId === decision.toMemberId}
                assumed={assumed.includes(member.memberId)}
              />
            </li>
          ))}
      </ul>
    </div>
  );
}

function One({ member, chosen, assumed }: { member: Candidate; chosen: boolean; assumed: boolean }) {
  const health = healthWords(member.health);
  const failed = member.gates.filter((gate) => !gate.passed && gate.blocking).length;
  const summary = member.ready
    ? "ready to take over"
    : failed === 1
      ? "1 condition not met"
      : `${failed} conditions not met`;
  return (
    <details className={c["one"]} data-chosen={chosen}>
      <summary>
        <strong className="wrap">{member.name}</strong>
        {chosen && <Pill tone="active">Takes over</Pill>}
        {member.active && <Pill tone="active">Active</Pill>}
        {assumed ? <Pill tone="down">Dead, on paper</Pill> : <Pill tone={health.tone}>{health.word}</Pill>}
        <span className={c["sum"]}>{assumed ? "gone" : member.active ? "serves now" : summary}</span>
      </summary>
      <Gates gates={member.gates} />
      <Votes votes={member.votes} />
    </details>
  );
}
