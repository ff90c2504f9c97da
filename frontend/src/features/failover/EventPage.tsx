import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { usePoolDns } from "../../api/pool";
import { asProblem } from "../../api/problem";
import { exact, short } from "../../lib/duration";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { Facts } from "../../ui/Facts";
import { Pill, ToneIcon } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { Ago, Moment } from "../../ui/time/Moment";
import { useNow } from "../../ui/time/now";
import c from "./EventPage.module.css";
import { EvidenceTable } from "./EvidenceTable";
import { ExportButtons } from "./ExportButtons";
import { type Incident, incidentQuery, isMoving } from "./eventQueries";
import { addressText, kindWord, stateWord, tookText, whyOf } from "./eventWords";
import { readEvidence } from "./evidence";
import { Steps } from "./Steps";
import { stepsOf } from "./stepTimes";
import { Timeline } from "./Timeline";

/** One move of the pool, told from the silence to the last mail. Live while the record does not follow yet. */
export function EventPage() {
  const { pool = "", event = "" } = useParams({ strict: false });
  const query = useQuery(incidentQuery(pool, event));
  if (query.data === undefined && query.error && asProblem(query.error).status === 404) {
    return (
      <Empty
        action={
          <Link to="/pools/$pool/events" params={{ pool }}>
            All failover events
          </Link>
        }
      >
        There is no such failover event in this pool.
      </Empty>
    );
  }
  return <Section query={query}>{(incident) => <Shown incident={incident} />}</Section>;
}

function Shown({ incident }: { incident: Incident }) {
  const evidence = readEvidence(incident.evidence);
  const steps = stepsOf(incident, evidence);
  const dns = usePoolDns(incident.poolId).data;
  return (
    <article className={c["page"]}>
      <header className={c["head"]}>
        <div>
          <Link to="/pools/$pool/events" params={{ pool: incident.poolId }} className={c["back"]}>
            Failover events
          </Link>
          <h2 className={c["title"]}>
            {incident.fromName ?? "Nobody"} to {incident.toName}
          </h2>
        </div>
        <ExportButtons incident={incident} />
      </header>
      <Verdict incident={incident} ttlBoundSec={dns?.ttlBoundSec ?? null} />
      {steps.length > 0 && (
        <Card title="Where the time went">
          <Steps steps={steps} />
        </Card>
      )}
      <div className={c["two"]}>
        <Timeline incident={incident} />
        <Card title="The move">
          <Facts
            items={[
              [
                "From",
                <Side
                  key="f"
                  pool={incident.poolId}
                  id={incident.fromMemberId}
                  name={incident.fromName ?? "nobody"}
                  addresses={addressText(incident.fromAddresses)}
                />,
              ],
              [
                "To",
                <Side
                  key="t"
                  pool={incident.poolId}
                  id={incident.toMemberId}
                  name={incident.toName}
                  addresses={addressText(incident.toAddresses)}
                />,
              ],
              ["Why", whyOf(incident)],
              ["Ordered", `${kindWord(incident.kind)} (${incident.orderedBy})`],
              ["Decided", <Moment key="d" at={incident.createdAt} />],
              ["Record read back", incident.finishedAt ? <Moment key="e" at={incident.finishedAt} /> : "not yet"],
              ...(evidence?.recoverySec ? ([["Recovery time", exact(evidence.recoverySec)]] as const) : []),
              ...(evidence?.probe ? ([["Service probe", evidence.probe]] as const) : []),
              ["Epoch", String(incident.epoch)],
            ]}
          />
        </Card>
      </div>
      {evidence && <EvidenceTable evidence={evidence} incident={incident} />}
    </article>
  );
}

function Verdict({ incident, ttlBoundSec }: { incident: Incident; ttlBoundSec: number | null }) {
  const now = useNow();
  const { tone, word } = stateWord(incident.state);
  const moving = isMoving(incident);
  const took = tookText(incident);
  return (
    <div className={c["verdict"]} data-tone={tone} role="status">
      <ToneIcon tone={tone} size={20} />
      <div>
        <p className={c["say"]}>
          <strong>{sentence(incident)}</strong> <Pill tone={tone}>{word}</Pill>
        </p>
        {incident.sentences.map((one) => (
          <p key={one}>{one}</p>
        ))}
        <p className={c["quiet"]}>
          {moving ? (
            <>Under way for {short((now - Date.parse(incident.createdAt)) / 1000)}: this page follows it.</>
          ) : (
            <>
              <Ago at={incident.createdAt} />
              {took && `, ${took} from the decision to the record read back`}.
              {ttlBoundSec !== null &&
                incident.state === "done" &&
                ` Resolvers may have kept the old answer for up to ${exact(ttlBoundSec)} more.`}
            </>
          )}
        </p>
      </div>
    </div>
  );
}

function sentence(incident: Incident): string {
  switch (incident.state) {
    case "deciding":
      return `Traffic is about to move to ${incident.toName}.`;
    case "switching":
      return `Traffic moves to ${incident.toName}; the record does not follow yet.`;
    case "done":
      return `Traffic was moved to ${incident.toName}.`;
    case "failed":
      return `The record could not be pointed at ${incident.toName}.`;
    case "superseded":
      return `The pool was moved again before the record had followed to ${incident.toName}.`;
  }
}

function Side({ pool, id, name, addresses }: { pool: string; id: string | null; name: string; addresses: string }) {
  return (
    <>
      {id ? (
        <Link to="/pools/$pool/members/$member" params={{ pool, member: id }}>
          {name}
        </Link>
      ) : (
        name
      )}{" "}
      <span className="mono">{addresses}</span>
    </>
  );
}
