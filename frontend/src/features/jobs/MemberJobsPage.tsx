import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type PoolMember, useOverview } from "../../api/pool";
import { useLack } from "../../api/session";
import { Empty } from "../../ui/Empty";
import { WhyButton } from "../../ui/WhyButton";
import { JobFilters } from "./JobFilters";
import { JobsTable } from "./JobsTable";
import type { JobFilter } from "./jobQueries";
import c from "./jobs.module.css";
import { RunCommand } from "./RunCommand";
import { StopNote } from "./StopSwitch";
import { jobsSearch } from "./search";

/** What was ordered for one member, and the way to order more. `?run` opens the catalogue, `?run=<command>` its form. */
export function MemberJobsPage() {
  const { pool = "", member = "" } = useParams({ strict: false });
  const found = useOverview(pool).data?.members.find((one) => one.id === member);
  return found ? <Shown member={found} /> : null;
}

function Shown({ member }: { member: PoolMember }) {
  const { status, command, run } = jobsSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const lack = useLack("operator");
  const filter: JobFilter = { status, command, member: member.id };
  const go = (search: { status?: unknown; command?: unknown; run?: unknown }, replace: boolean) =>
    void navigate({
      to: "/pools/$pool/members/$member/cron-jobs",
      params: { pool: member.poolId, member: member.id },
      search: jobsSearch(search),
      replace,
    });
  const open = (id: string | undefined, replace = false) => go({ status, command, run: id }, replace);
  const button = (
    <WhyButton why={lack} leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={() => open(ALL)}>
      Run a command
    </WhyButton>
  );
  const filtered = status !== undefined || command !== undefined;
  return (
    <>
      <StopNote />
      <div className={c["bar"]}>
        <h2 className={c["h2"]}>Jobs</h2>
        {button}
      </div>
      <JobFilters filter={filter} onChange={(next) => go(next, true)} ofMember />
      <JobsTable
        filter={filter}
        ofMember
        label={`Jobs of ${member.displayName}`}
        empty={
          filtered ? (
            <Empty
              action={
                <Button variant="default" onClick={() => go({}, true)}>
                  Clear filters
                </Button>
              }
            >
              No job of this member fits these filters.
            </Empty>
          ) : (
            <Empty>Nothing was ordered for {member.displayName} yet.</Empty>
          )
        }
      />
      <RunCommand
        member={member}
        chosen={run === ALL ? null : (run ?? null)}
        opened={run !== undefined && lack === null}
        onChoose={(id) => open(id ?? ALL, true)}
        onClose={() => open(undefined, true)}
      />
    </>
  );
}

/** `?run=all`: the dialog is open and nothing is chosen yet. */
const ALL = "all";
