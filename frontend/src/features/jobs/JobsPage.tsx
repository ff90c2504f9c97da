import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Job } from "../../api/jobs";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { JobRow } from "../../ui/JobRow";
import { PageHeader } from "../../ui/PageHeader";
import { JobFilters } from "./JobFilters";
import { JobsTable } from "./JobsTable";
import { type JobFilter, jobsInState, useMember } from "./jobQueries";
import c from "./jobs.module.css";
import { StopButton, StopNote } from "./StopSwitch";
import { jobsSearch } from "./search";

/** Every job of the account: what runs first, what waits for a person, then the rest, newest first. */
export function JobsPage() {
  const { status, command, pool, member } = jobsSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const filter: JobFilter = useMemo(() => ({ status, command, pool, member }), [status, command, pool, member]);
  const change = (next: JobFilter) => void navigate({ to: "/jobs", search: jobsSearch({ ...next }), replace: true });
  const whole = status === undefined;
  const rest = { command, pool, member };
  const running = useQuery(jobsInState("running", rest, whole)).data ?? NONE;
  const unknown = useQuery(jobsInState("unknown", rest, whole)).data ?? NONE;
  const held = useQuery(jobsInState("held", rest, whole)).data ?? NONE;
  const undecided = [...unknown, ...held];
  const above = new Set(whole ? [...running, ...undecided].map((job) => job.id) : []);
  const filtered = [status, command, pool, member].some(Boolean);
  return (
    <>
      <PageHeader
        title="Jobs"
        facts={<span>What was ordered for members and pools, and what became of it</span>}
        actions={<StopButton />}
      />
      <StopNote />
      <JobFilters filter={filter} onChange={change} />
      {whole && undecided.length > 0 && (
        <Group title={`Waiting for your decision (${undecided.length})`} jobs={undecided} />
      )}
      {whole && running.length > 0 && <Group title={`Running now (${running.length})`} jobs={running} />}
      <JobsTable
        filter={filter}
        label="Jobs"
        without={above}
        empty={
          filtered ? (
            <Empty
              action={
                <Button variant="default" onClick={() => change({})}>
                  Clear filters
                </Button>
              }
            >
              No job fits these filters.
            </Empty>
          ) : above.size > 0 ? (
            <Empty>There are no other jobs.</Empty>
          ) : (
            <Empty action={<Link to="/members">Choose a member</Link>}>
              No job was ordered yet. Commands are run from a member's page.
            </Empty>
          )
        }
      />
    </>
  );
}

const NONE: readonly Job[] = [];

function Group({ title, jobs }: { title: string; jobs: readonly Job[] }) {
  return (
    <Card title={title} className={c["group"]}>
      {jobs.map((job) => (
        <Row key={job.id} job={job} />
      ))}
    </Card>
  );
}

function Row({ job }: { job: Job }) {
  const member = useMember(job.memberId).data;
  return <JobRow job={job} memberName={job.memberId === null ? "control plane" : member?.displayName} />;
}
