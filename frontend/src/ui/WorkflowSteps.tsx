import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Workflow, type WorkflowStep, workflowQuery } from "../api/workflows";
import { short } from "../lib/duration";
import turning from "./JobStatus.module.css";
import { Pill } from "./Pill";
import pill from "./Pill.module.css";
import { Section } from "./Section";
import { useNow } from "./time/now";
import { WorkflowActions } from "./WorkflowActions";
import c from "./WorkflowSteps.module.css";
import { FLOW_WORDS, MOVING, STEP_WORDS } from "./workflowWords";

/** A workflow as one timeline: what is done, what runs, what failed, and the ways on. */
export function WorkflowSteps({ id, names }: { id: string; names?: ReadonlyMap<string, string> }) {
  const query = useQuery(workflowQuery(id));
  return <Section query={query}>{(flow) => <Steps flow={flow} names={names} />}</Section>;
}

function Steps({ flow, names }: { flow: Workflow; names: ReadonlyMap<string, string> | undefined }) {
  const { word, tone } = FLOW_WORDS[flow.state];
  return (
    <section aria-label={flow.title}>
      <div className={c["head"]}>
        <h3>{flow.title}</h3>
        <span aria-live="polite">
          <Pill tone={tone}>{word}</Pill>
        </span>
        <div className={c["acts"]}>
          <WorkflowActions flow={flow} />
        </div>
      </div>
      {flow.error && (
        <p className={c["error"]} data-tone={flow.state === "failed" ? "down" : "late"}>
          {flow.error}
        </p>
      )}
      <ol className={c["steps"]}>
        {flow.steps.map((step) => (
          <Step key={step.key} step={step} memberName={step.memberId ? names?.get(step.memberId) : undefined} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step, memberName }: { step: WorkflowStep; memberName: string | undefined }) {
  const { word, tone, Icon } = STEP_WORDS[step.state];
  return (
    <li className={c["step"]}>
      <Icon
        size={18}
        aria-hidden
        data-tone={tone}
        className={`${pill["icon"]} ${MOVING.has(step.state) ? turning["turning"] : ""}`}
      />
      <span className={c["title"]}>{step.title}</span>
      <Elapsed step={step} />
      <div className={c["note"]}>
        <span>{word}</span>
        {memberName !== undefined && <span>{memberName}</span>}
        {step.note && <span>{step.note}</span>}
        <JobLink job={step.jobId} what={step.title} word="Job" />
        <JobLink job={step.undoJobId} what={`taking back ${step.title}`} word="Undo job" />
        {step.error && <span className={c["failed"]}>{step.error}</span>}
        {step.undoCommand === null && step.noUndoReason && step.state === "completed" && (
          <span>Cannot be taken back: {step.noUndoReason}</span>
        )}
      </div>
    </li>
  );
}

function JobLink({ job, what, word }: { job: string | null; what: string; word: string }) {
  if (job === null) return null;
  return (
    <Link to="/jobs/$job" params={{ job }}>
      {word} <span className="vh">of {what}</span>
    </Link>
  );
}

/** How long it took, or has been taking until now. */
function Elapsed({ step }: { step: WorkflowStep }) {
  const now = useNow();
  if (step.startedAt === null) return <span />;
  const end = step.endedAt === null ? now : Date.parse(step.endedAt);
  return <span className={`${c["elapsed"]} num`}>{short((end - Date.parse(step.startedAt)) / 1000)}</span>;
}
