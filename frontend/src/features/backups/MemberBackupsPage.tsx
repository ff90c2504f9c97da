import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { usePoolMember } from "../../api/member";
import { useLack } from "../../api/session";
import { bytes } from "../../lib/bytes";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { Kpi, KpiRow } from "../../ui/Kpi";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { backUp, type Overview, overviewQuery, snapshotsQuery } from "./backupQueries";
import c from "./backups.module.css";
import { Calendar } from "./Calendar";
import { PlanForm } from "./PlanForm";
import { SnapshotCard } from "./SnapshotCard";

/** Restore Backups of one member: figures, calendar, plan, and every snapshot with what can be done with it. */
export function MemberBackupsPage() {
  const { pool = "", member: memberId = "" } = useParams({ strict: false });
  const member = usePoolMember(pool, memberId);
  const overview = useQuery(overviewQuery(memberId));
  if (member === undefined) return null;
  return (
    <Section query={overview}>
      {(data) => <Shown memberId={memberId} memberName={member.displayName} overview={data} />}
    </Section>
  );
}

function Shown({ memberId, memberName, overview }: { memberId: string; memberName: string; overview: Overview }) {
  const snapshots = useInfiniteQuery(snapshotsQuery(memberId));
  const rows = snapshots.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={c["page"]}>
      <KpiRow columns={4}>
        <Kpi label="Snapshots" value={overview.snapshotCount} note={`${bytes(overview.totalBytes)} of files`} />
        <Kpi label="In the store" value={bytes(overview.storedBytes)} note="Unchanged files are kept once" />
        <Kpi
          label="Last backup"
          value={overview.lastBackupAt === null ? "Never" : <Ago at={overview.lastBackupAt} />}
          note={overview.plan.enabled ? overview.plan.sentence : "No plan is on"}
        />
        <Kpi
          label="Last proof"
          value={overview.lastVerifiedAt === null ? "Never" : <Ago at={overview.lastVerifiedAt} />}
          note="A proof restores it into a scratch folder"
        />
      </KpiRow>
      <div className={c["two"]}>
        <Card title="Snapshots" right={<BackUpButtons memberId={memberId} overview={overview} />} flush>
          <Section
            query={snapshots}
            isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
            empty={<Empty>No backup yet. Back up now, or switch the plan on.</Empty>}
          >
            {() => (
              <ul className={c["list"]} aria-label={`Snapshots of ${memberName}`}>
                {rows.map((snapshot) => (
                  <SnapshotCard key={snapshot.id} snapshot={snapshot} memberName={memberName} />
                ))}
              </ul>
            )}
          </Section>
          {snapshots.hasNextPage && (
            <Button
              variant="default"
              m="md"
              loading={snapshots.isFetchingNextPage}
              onClick={() => void snapshots.fetchNextPage()}
            >
              Show older snapshots
            </Button>
          )}
        </Card>
        <div className={c["column"]}>
          <Card title="Twelve weeks">
            <Calendar days={overview.calendar} />
          </Card>
          <PlanForm memberId={memberId} overview={overview} />
        </div>
      </div>
    </div>
  );
}

function BackUpButtons({ memberId, overview }: { memberId: string; overview: Overview }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const go = useMutation({
    mutationFn: (kind: string) => backUp(memberId, kind),
    onSuccess: () => toast.done("The backup begins with the next heartbeat."),
    onError: toast.failed,
    onSettled: () => client.invalidateQueries({ queryKey: keys.member(memberId) }),
  });
  return (
    <div className={c["acts"]}>
      {overview.kinds.map((kind) => (
        <WhyButton
          key={kind.id}
          why={lack ?? (kind.available ? null : kind.reason)}
          size="xs"
          variant={kind.id === "haproxy" ? "filled" : "default"}
          loading={go.isPending && go.variables === kind.id}
          onClick={() => go.mutate(kind.id)}
        >
          Back up {kind.title}
        </WhyButton>
      ))}
    </div>
  );
}
