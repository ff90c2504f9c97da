import { Link, useParams } from "@tanstack/react-router";
import { useBeat } from "../../api/beats";
import { healthOf } from "../../api/health";
import type { Overview, PoolMember } from "../../api/pool";
import { Dot } from "../../ui/Dot";
import c from "../../ui/NavTabs.module.css";
import { useTabInView } from "../../ui/useTabInView";
import { MemberPicker } from "./MemberPicker";

/** More members than this and the bar shows the active and the chosen one, and a picker that searches. */
const TABS_MAX = 8;

/** Overview | one tab for each member with its state | tools of the pool. */
export function PoolTabs({ overview }: { overview: Overview }) {
  const { pool, members } = overview;
  const { member: chosen } = useParams({ strict: false });
  const bar = useTabInView();
  const many = members.length > TABS_MAX;
  const shown = many ? members.filter((one) => one.active || one.id === chosen) : members;
  const on = { activeProps: { "data-on": true, "aria-current": "page" as const } };
  const params = { pool: pool.id };
  return (
    <nav ref={bar} className={c["tabs"]} aria-label="Pool">
      <Link
        to="/pools/$pool"
        params={params}
        className={c["tab"]}
        {...on}
        activeOptions={{ exact: true, includeSearch: false }}
      >
        Overview
      </Link>
      {members.length > 0 && <span className={c["gap"]} aria-hidden />}
      {shown.map((one) => (
        <MemberTab key={one.id} member={one} />
      ))}
      {many && <MemberPicker poolId={pool.id} members={members} />}
      {members.length > 0 && (
        <Link
          to="/pools/$pool/members"
          params={params}
          className={c["tab"]}
          {...on}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          All members
        </Link>
      )}
      <span className={c["gap"]} aria-hidden />
      <Link to="/pools/$pool/managed-dns" params={params} className={c["tab"]} {...on}>
        Managed DNS
      </Link>
      {pool.template === "haproxy" && (
        <Link to="/pools/$pool/certificates" params={params} className={c["tab"]} {...on}>
          Certificates
        </Link>
      )}
      <Link to="/pools/$pool/events" params={params} className={c["tab"]} {...on}>
        Failovers
      </Link>
      <Link to="/pools/$pool/monitoring" params={params} className={c["tab"]} {...on}>
        Monitoring
      </Link>
      <Link to="/pools/$pool/settings" params={params} className={c["tab"]} {...on}>
        Settings
      </Link>
    </nav>
  );
}

function MemberTab({ member }: { member: PoolMember }) {
  const live = useBeat(member.id);
  const health = healthOf({ ...live, haproxyMonitored: member.heartbeat?.haproxyMonitored });
  return (
    <Link
      to="/pools/$pool/members/$member"
      params={{ pool: member.poolId, member: member.id }}
      className={c["tab"]}
      activeProps={{ "data-on": true, "aria-current": "page" }}
    >
      <Dot tone={health.tone} />
      {member.displayName}
      <span className="vh">, {health.word}</span>
    </Link>
  );
}
