import { useParams } from "@tanstack/react-router";
import { MemberJobsPage } from "../features/jobs/MemberJobsPage";
import { SchedulesCard } from "../features/schedules/SchedulesCard";

/** What a member does by the clock, above what was ordered for it. */
export function CronJobsPage() {
  const { member = "" } = useParams({ strict: false });
  return (
    <>
      <SchedulesCard key={member} memberId={member} />
      <MemberJobsPage />
    </>
  );
}
