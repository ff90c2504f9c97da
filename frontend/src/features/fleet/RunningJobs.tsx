import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Card } from "../../ui/Card";
import { JobRow } from "../../ui/JobRow";
import { Section } from "../../ui/Section";
import c from "./fleet.module.css";
import { useRunningJobs } from "./useFleet";

const SHOWN = 6;

/** What runs at this moment, everywhere. */
export function RunningJobs({ names }: { names: ReadonlyMap<string, string> }) {
  const jobs = useRunningJobs(SHOWN);
  return (
    <Card
      title="Running jobs"
      right={
        <Button size="compact-xs" variant="subtle" color="gray" renderRoot={(props) => <Link {...props} to="/jobs" />}>
          All jobs
        </Button>
      }
    >
      <Section
        query={jobs}
        isEmpty={(page) => page.items.length === 0}
        empty={<p className={c["quiet"]}>Nothing runs now.</p>}
      >
        {(page) => (
          <div>
            {page.items.map((job) => (
              <JobRow key={job.id} job={job} memberName={job.memberId ? names.get(job.memberId) : undefined} />
            ))}
          </div>
        )}
      </Section>
    </Card>
  );
}
