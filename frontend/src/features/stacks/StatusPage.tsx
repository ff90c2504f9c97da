import { useParams } from "@tanstack/react-router";
import { useBeat } from "../../api/beats";
import { useFacts } from "../../api/facts";
import { usePoolMember } from "../../api/member";
import { long } from "../../lib/duration";
import { BeatAge } from "../../ui/BeatAge";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { HaproxyStatus } from "./HaproxyStatus";
import { HostSummary } from "./HostSummary";
import c from "./stacks.module.css";

/** What the host last reported, read only but for HAProxy's servers. */
export function StatusPage() {
  const { pool: poolId = "", member: memberId = "" } = useParams({ strict: false });
  const member = usePoolMember(poolId, memberId);
  const known = useFacts(memberId);
  const beat = useBeat(memberId);
  if (member === undefined) return null;
  const silent = beat.state === "down" || beat.state === "unknown";
  return (
    <Section
      query={known}
      isEmpty={(data) => data.facts === null}
      empty={
        <Empty>
          This host has not reported anything yet. Run its install command; the first heartbeat brings everything that
          is shown here.
        </Empty>
      }
    >
      {({ facts, ageSec }) =>
        facts && (
          <div className={c["page"]} data-dim={silent}>
            {silent && (
              <div className={c["note"]} role="note">
                <p>
                  Nothing has been heard for {ageSec === null ? "some time" : long(ageSec)}. What follows is the last
                  report, and may not be true any more.
                </p>
              </div>
            )}
            <p className={c["about"]}>
              From the heartbeat, <BeatAge heardAt={beat.heardAt} />.
            </p>
            {facts.haproxy && <HaproxyStatus member={member} haproxy={facts.haproxy} silent={silent} />}
            {!facts.haproxy && member.template === "haproxy_edge" && (
              <div className={c["note"]} data-tone="idle" role="note">
                <p>
                  HAProxy was not found on this host: its configuration /etc/haproxy/haproxy.cfg or its unit is missing.
                  Install it with the quick action on the control panel.
                </p>
              </div>
            )}
            <HostSummary member={member} facts={facts} silent={silent} />
          </div>
        )
      }
    </Section>
  );
}
