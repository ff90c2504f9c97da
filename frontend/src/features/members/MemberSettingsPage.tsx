import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { memberQuery } from "../../api/member";
import { useOverview } from "../../api/pool";
import { Card } from "../../ui/Card";
import { Section } from "../../ui/Section";
import { Diagnosis } from "./enrol/Diagnosis";
import { RemoveMember } from "./settings/RemoveMember";
import { RotateSecret } from "./settings/RotateSecret";
import { SettingsForm } from "./settings/SettingsForm";
import c from "./settings/settings.module.css";

/** What is known of a member by hand, its secret, and its end. */
export function MemberSettingsPage() {
  const { pool: poolId = "", member: memberId = "" } = useParams({ strict: false });
  const query = useQuery(memberQuery(memberId));
  const haproxy = useOverview(poolId).data?.pool.template === "haproxy";
  return (
    <Section query={query}>
      {(member) => (
        <div className={c["page"]}>
          {member.firstSeenAt === null && (
            <div id="enrolment">
              <Card title="Enrolment">
                <Diagnosis memberId={member.id} typedIps={member.allowedIps} />
              </Card>
            </div>
          )}
          <SettingsForm key={member.id} member={member} haproxy={haproxy} />
          <RotateSecret member={member} />
          <RemoveMember member={member} />
        </div>
      )}
    </Section>
  );
}
