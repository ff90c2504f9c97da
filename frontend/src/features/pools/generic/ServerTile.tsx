import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useBeat } from "../../../api/beats";
import { healthOf } from "../../../api/health";
import type { PoolMember } from "../../../api/pool";
import { percent } from "../../../lib/numbers";
import { BeatAge } from "../../../ui/BeatAge";
import { BeatStrip } from "../../../ui/BeatStrip";
import { Pill } from "../../../ui/Pill";
import { beatsOf, stripWords } from "../rules/strip";
import c from "./generic.module.css";
import { stackWord } from "./tiles";

const STRIP_SEC = 36;

/** One server of a generic pool; the whole tile leads to its workspace. */
export const ServerTile = memo(function ServerTile({ member, stale }: { member: PoolMember; stale: boolean }) {
  const live = useBeat(member.id);
  const health = healthOf({ ...live, haproxyMonitored: member.heartbeat?.haproxyMonitored });
  const strip = beatsOf(live.strip, STRIP_SEC);
  const old = stale || live.state === "down" || live.state === "unknown";
  return (
    <article className={c["tile"]} aria-label={member.displayName}>
      <div className={c["tileHead"]}>
        <h3>
          <Link
            to="/pools/$pool/members/$member"
            params={{ pool: member.poolId, member: member.id }}
            className={c["whole"]}
          >
            {member.displayName}
          </Link>
        </h3>
        <Pill tone={health.tone}>{health.word}</Pill>
      </div>
      <div className={c["under"]}>
        Member
        {member.osName && <span>{member.osName}</span>}
        {member.location?.name && <span>{member.location.name}</span>}
      </div>
      <BeatStrip beats={strip} height={14} label={stripWords(member.displayName, strip)} />
      <div className={c["figures"]} data-dim={old}>
        <span>
          <BeatAge heardAt={live.heardAt} />
        </span>
        <span className="num">CPU {shown(live.cpuPct)}</span>
        <span className="num">memory {shown(live.memoryPct)}</span>
        <span className="num">disk {shown(member.metrics?.diskPct ?? null)}</span>
      </div>
      <div className={c["tags"]}>
        {(member.heartbeat?.stacks ?? []).map((stack) => (
          <span key={stack}>{stackWord(stack)}</span>
        ))}
        {live.agentVersion !== null && (
          <span data-late={member.agentOutdated}>
            agent v{live.agentVersion}
            {member.agentOutdated && ", update"}
          </span>
        )}
        {member.maintenance && <span data-late>maintenance</span>}
      </div>
    </article>
  );
});

const shown = (value: number | null): string => (value === null ? "–" : percent(value));
