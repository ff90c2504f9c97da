import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { Kpi, KpiRow } from "../../ui/Kpi";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { ScheduleRow } from "./ScheduleRow";
import { addPreset, cronQuery, type Preset, presetsQuery, schedulesQuery } from "./scheduleQueries";
import c from "./schedules.module.css";

/** What one member does by the clock, and presets to add. */
export function SchedulesCard({ memberId }: { memberId: string }) {
  const schedules = useQuery(schedulesQuery(memberId));
  const presets = useQuery(presetsQuery(memberId));
  const cron = useQuery(cronQuery(memberId));
  return (
    <div className={c["page"]}>
      <Section query={cron}>
        {(data) => (
          <KpiRow columns={4}>
            <Kpi label="Schedules" value={data.cronCount} />
            <Kpi label="Backup schedules" value={data.backupSchedules} />
            <Kpi
              label="Last run"
              value={data.lastRun ? data.lastRun.state : "None"}
              note={data.lastRun && <Ago at={data.lastRun.at} />}
            />
          </KpiRow>
        )}
      </Section>
      <Card title="Schedules">
        <Section
          query={schedules}
          isEmpty={(items) => items.length === 0}
          empty={<Empty>Nothing runs by the clock here yet. Add a preset below.</Empty>}
        >
          {(items) => (
            <ul className={c["list"]}>
              {items.map((one) => (
                <ScheduleRow key={one.id} one={one} memberId={memberId} />
              ))}
            </ul>
          )}
        </Section>
      </Card>
      <Card title="Add from presets">
        <Section query={presets}>
          {({ items }) => (
            <ul className={c["list"]}>
              {items.map((one) => (
                <PresetRow key={one.id} one={one} memberId={memberId} />
              ))}
            </ul>
          )}
        </Section>
      </Card>
    </div>
  );
}

function PresetRow({ one, memberId }: { one: Preset; memberId: string }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const add = useMutation({
    mutationFn: () => addPreset(memberId, one),
    onSuccess: () => toast.done(`${one.title} is scheduled.`),
    onError: toast.failed,
    onSettled: () => client.invalidateQueries({ queryKey: keys.member(memberId) }),
  });
  const off = one.available ? null : (one.reason ?? "It cannot run on this member.");
  return (
    <li className={c["row"]}>
      <div className={c["words"]}>
        <strong>{one.title}</strong>
        <span>{one.description}</span>
        <span className={c["note"]}>{off ?? one.sentence}</span>
      </div>
      <WhyButton why={lack ?? off} variant="default" loading={add.isPending} onClick={() => add.mutate()}>
        Add <span className="vh">&nbsp;{one.title}</span>
      </WhyButton>
    </li>
  );
}
