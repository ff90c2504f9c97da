import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { type LiveBeat, useBeat } from "../../../api/beats";
import { healthOf } from "../../../api/health";
import type { PoolDns } from "../../../api/pool";
import { beatAgeSec } from "../../../lib/beatAge";
import { short } from "../../../lib/duration";
import { percent } from "../../../lib/numbers";
import { BeatAge } from "../../../ui/BeatAge";
import { BeatStrip } from "../../../ui/BeatStrip";
import { Dot } from "../../../ui/Dot";
import { Pill } from "../../../ui/Pill";
import { useNow } from "../../../ui/time/now";
import { WhyButton } from "../../../ui/WhyButton";
import { type Place, shownAddress } from "../rules/lineup";
import { memberWords } from "../rules/memberWords";
import { beatsOf, stripWords } from "../rules/strip";
import { Entry } from "./Entry";
import { GateList } from "./GateList";
import c from "./MemberCard.module.css";
import { MemberMenu } from "./MemberMenu";

const STRIP_SEC = 48;

interface Props {
  place: Place;
  recoverySec: number;
  dns: PoolDns | null | undefined;
  activeSince: string | null;
  /** Why nobody may be made active now, or null. */
  why: string | null;
  stale: boolean;
}

/** One member of an HAProxy pool: role, heartbeat, proxy, agent, load, and a sentence with the reason. */
export const MemberCard = memo(function MemberCard({ place, recoverySec, dns, activeSince, why, stale }: Props) {
  const { member, active, order } = place;
  const live = useBeat(member.id);
  const monitored = member.heartbeat?.haproxyMonitored ?? false;
  const health = healthOf({ ...live, haproxyMonitored: monitored });
  const params = { pool: member.poolId, member: member.id };
  const strip = beatsOf(live.strip, STRIP_SEC);
  const silent = live.state === "down" || live.state === "unknown";
  return (
    <article className={c["card"]} data-active={active} aria-label={member.displayName}>
      <div className={c["body"]}>
        <div>
          <div className={c["head"]}>
            <h3 className={c["name"]}>
              <Link to="/pools/$pool/members/$member" params={params}>
                {member.displayName}
              </Link>
            </h3>
            <Pill tone={health.tone}>{health.word}</Pill>
          </div>
          <div className={c["role"]}>
            {active ? (
              <Pill tone="active">Active</Pill>
            ) : (
              <Pill tone="idle" icon={false}>
                {order === null ? "Standby" : `Standby ${order}`}
              </Pill>
            )}
            {member.maintenance && <Pill tone="late">Maintenance</Pill>}
            <span className="mono">{shownAddress(place)}</span>
          </div>
        </div>
        <div>
          <div className={c["line"]}>
            <span>Heartbeat</span>
            <b>
              <Dot tone={live.state === "fresh" ? "ok" : health.tone} pulse={live.state === "fresh" && !stale} />
              <BeatAge heardAt={live.heardAt} />
            </b>
          </div>
          <BeatStrip beats={strip} label={stripWords(member.displayName, strip)} />
        </div>
        <dl className={c["facts"]} data-dim={silent || stale}>
          <div>
            <dt>HAProxy</dt>
            <dd>
              <Haproxy live={live} monitored={monitored} version={member.haproxyVersion} />
            </dd>
          </div>
          <div>
            <dt>Agent</dt>
            <dd>
              {live.agentVersion === null ? "–" : `v${live.agentVersion}`}
              {member.agentOutdated && live.agentVersion !== null && (
                <Link
                  to="/pools/$pool/members/$member/cron-jobs"
                  params={params}
                  search={{ run: "agent.update" }}
                  className={c["update"]}
                  aria-label={`Update the agent of ${member.displayName}`}
                >
                  update
                </Link>
              )}
            </dd>
          </div>
          <div>
            <dt>CPU and memory</dt>
            <dd className="num">
              {shown(live.cpuPct)} / {shown(live.memoryPct)}
            </dd>
          </div>
          <div>
            <dt>Location</dt>
            <dd>{member.location?.name || "Not set"}</dd>
          </div>
        </dl>
        {live.state === "unknown" && member.firstSeenAt === null ? (
          <Entry member={member} />
        ) : (
          <Sentence {...{ place, live, monitored, recoverySec, dns }} />
        )}
        {place.candidate && <GateList place={place} />}
      </div>
      <div className={c["foot"]}>
        {active ? (
          <ActiveFor since={activeSince} />
        ) : (
          <WhyButton
            why={why}
            size="xs"
            variant="default"
            link={(props) => (
              <Link {...props} to="/pools/$pool" params={{ pool: member.poolId }} search={{ cut: member.id }} />
            )}
          >
            Make <span className="vh">{member.displayName}</span> active
          </WhyButton>
        )}
        <MemberMenu place={place} stopped={monitored && live.state === "fresh" && live.haproxyActive === false} />
      </div>
    </article>
  );
});

function Haproxy({ live, monitored, version }: { live: LiveBeat; monitored: boolean; version: string | null }) {
  if (!monitored) return <>Not monitored</>;
  if (live.haproxyActive) return <>{version ? `Running ${version}` : "Running"}</>;
  return <span className={c["bad"]}>Inactive</span>;
}

interface SentenceProps {
  place: Place;
  live: LiveBeat;
  monitored: boolean;
  recoverySec: number;
  dns: PoolDns | null | undefined;
}

function Sentence({ place, live, monitored, recoverySec, dns }: SentenceProps) {
  useNow();
  const { tone, text } = memberWords({
    place,
    live,
    ageSec: beatAgeSec(live.heardAt),
    haproxyMonitored: monitored,
    recoverySec,
    dns,
  });
  return (
    <p className={c["why"]} data-tone={tone}>
      {text}
    </p>
  );
}

function ActiveFor({ since }: { since: string | null }) {
  const now = useNow();
  return (
    <span className={c["since"]}>
      {since === null ? "Receiving traffic" : `Receiving traffic for ${short((now - Date.parse(since)) / 1000)}`}
    </span>
  );
}

const shown = (value: number | null): string => (value === null ? "–" : percent(value));
