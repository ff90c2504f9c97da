import { Link } from "@tanstack/react-router";
import { useBeat } from "../../../api/beats";
import { healthOf } from "../../../api/health";
import { brief, percent } from "../../../lib/numbers";
import { BeatAge } from "../../../ui/BeatAge";
import { Dot } from "../../../ui/Dot";
import { Pill, ToneIcon } from "../../../ui/Pill";
import { type Place, shownAddress } from "../rules/lineup";
import c from "./Flow.module.css";

/** The member that clients are sent to, with what it says of itself now. */
export function ActiveNode({ place, stale }: { place: Place; stale: boolean }) {
  const { member } = place;
  const live = useBeat(member.id);
  const monitored = member.heartbeat?.haproxyMonitored ?? false;
  const health = healthOf({ ...live, haproxyMonitored: monitored });
  const old = stale || live.state === "down" || live.state === "unknown";
  return (
    <div className={c["node"]} data-node="active" data-active data-tone={health.tone}>
      <div className={c["top"]}>
        <Link
          to="/pools/$pool/members/$member"
          params={{ pool: member.poolId, member: member.id }}
          className={c["name"]}
        >
          {member.displayName}
        </Link>
        <Pill tone="active">Active</Pill>
      </div>
      <div className={c["address"]}>{shownAddress(place)}</div>
      <div className={c["signs"]}>
        <span>
          <Dot tone={health.tone} pulse={health.tone === "ok" && !stale} />
          <BeatAge heardAt={live.heardAt} />
        </span>
        {monitored ? (
          <span>
            <ToneIcon tone={live.haproxyActive ? "ok" : "down"} size={14} />
            {live.haproxyActive ? "HAProxy running" : "HAProxy inactive"}
          </span>
        ) : (
          <span>
            <ToneIcon tone="idle" size={14} />
            HAProxy not monitored
          </span>
        )}
      </div>
      <div className={c["figures"]} data-dim={old}>
        <Figure value={live.sessions === null ? null : brief(live.sessions)} word="sessions" />
        <Figure value={live.cpuPct === null ? null : percent(live.cpuPct)} word="CPU" />
        <Figure value={live.memoryPct === null ? null : percent(live.memoryPct)} word="memory" />
      </div>
    </div>
  );
}

function Figure({ value, word }: { value: string | null; word: string }) {
  return (
    <div>
      <b className="num">{value ?? "–"}</b>
      {word}
    </div>
  );
}
