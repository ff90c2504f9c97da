import { SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Card } from "../../ui/Card";
import { Dot } from "../../ui/Dot";
import { Moment } from "../../ui/time/Moment";
import type { Incident } from "./eventQueries";
import { LANES, type Line, linesOf, ofTheMove } from "./incidentLines";
import c from "./Timeline.module.css";

/** Everything around the move in one timeline, or the move alone. */
export function Timeline({ incident }: { incident: Incident }) {
  const [view, setView] = useState<"move" | "all">("move");
  const all = linesOf(incident);
  const lines = view === "all" ? all : ofTheMove(all, incident);
  return (
    <Card
      title="Timeline"
      right={
        <SegmentedControl
          size="xs"
          aria-label="What the timeline shows"
          value={view}
          onChange={(value) => setView(value === "all" ? "all" : "move")}
          data={[
            { value: "move", label: "This move" },
            { value: "all", label: `Everything around it (${all.length})` },
          ]}
        />
      }
    >
      <ol className={c["lines"]}>
        {lines.map((line) => (
          <One key={line.key} line={line} pool={incident.poolId} since={Date.parse(incident.createdAt)} />
        ))}
      </ol>
    </Card>
  );
}

function One({ line, pool, since }: { line: Line; pool: string; since: number }) {
  return (
    <li className={c["line"]}>
      <span className={c["mark"]}>
        <Dot tone={line.tone} />
      </span>
      <span className={c["when"]}>
        <Moment at={line.at} as="clock" />
        <small className="num">{offset(Date.parse(line.at) - since)}</small>
      </span>
      <span className={c["what"]}>
        <span className={c["lane"]}>{LANES[line.lane]}</span> {line.text}{" "}
        {line.jobId && (
          <Link to="/jobs/$job" params={{ job: line.jobId }}>
            Open job
          </Link>
        )}
        {line.memberId && !line.jobId && (
          <Link to="/pools/$pool/members/$member" params={{ pool, member: line.memberId }}>
            Open member
          </Link>
        )}
      </span>
    </li>
  );
}

/** From the decision: "+0.30 s", "−12 s". */
function offset(ms: number): string {
  const sec = Math.abs(ms) / 1000;
  const text = sec < 10 ? sec.toFixed(2) : sec < 120 ? sec.toFixed(0) : `${Math.round(sec / 60)} min`;
  return `${ms < 0 ? "−" : "+"}${text}${sec < 120 ? " s" : ""}`;
}
