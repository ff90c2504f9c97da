import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useBeat } from "../../api/beats";
import { healthOf } from "../../api/health";
import { type Overview, type PoolMember, useOverview } from "../../api/pool";
import { long } from "../../lib/duration";
import { CopyButton } from "../../ui/CopyButton";
import { Empty } from "../../ui/Empty";
import c from "../../ui/NavTabs.module.css";
import { PageHeader } from "../../ui/PageHeader";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { useTabInView } from "../../ui/useTabInView";
import { PoolTabs } from "./PoolTabs";

/** The head of one member, the pool's tabs above its own, and the page below. */
export function MemberFrame() {
  const { pool, member } = useParams({ strict: false });
  const overview = useOverview(pool ?? "");
  return (
    <Section query={overview}>
      {(data) => {
        const found = data.members.find((one) => one.id === member);
        if (found === undefined) {
          return (
            <>
              <PageHeader title={data.pool.name} />
              <PoolTabs overview={data} />
              <Empty
                action={
                  <Link to="/pools/$pool" params={{ pool: data.pool.id }}>
                    Go to the pool
                  </Link>
                }
              >
                This member is not in the pool. It may have been removed, perhaps in another tab.
              </Empty>
            </>
          );
        }
        return (
          <>
            <Head member={found} overview={data} />
            <PoolTabs overview={data} />
            <SubTabs member={found} />
            <Outlet />
          </>
        );
      }}
    </Section>
  );
}

function Head({ member, overview }: { member: PoolMember; overview: Overview }) {
  const live = useBeat(member.id);
  const health = healthOf({ ...live, haproxyMonitored: member.heartbeat?.haproxyMonitored });
  const address = member.publicIps[0] ?? member.heartbeat?.ip ?? null;
  return (
    <PageHeader
      title={member.displayName}
      badges={
        <>
          <Pill tone={health.tone}>{health.word}</Pill>
          {member.active ? (
            <Pill tone="active">Active</Pill>
          ) : (
            <Pill tone="idle" icon={false}>
              {overview.pool.template === "haproxy" ? "Standby" : "Member"}
            </Pill>
          )}
          {member.maintenance && <Pill tone="info">Maintenance</Pill>}
        </>
      }
      facts={
        <>
          {address !== null && (
            <span style={{ display: "inline-flex", alignItems: "center", gap: 4 }}>
              <span className="mono">{address}</span>
              <CopyButton bare value={address} label="Copy the address" />
            </span>
          )}
          {member.displayName !== member.hostname && <span className="mono wrap">{member.hostname}</span>}
          {member.osName && <span>{member.osName}</span>}
          {member.location?.name && <span>{member.location.name}</span>}
          {member.uptimeSec !== null && member.uptimeSec !== undefined && <span>Up {long(member.uptimeSec)}</span>}
        </>
      }
    />
  );
}

function SubTabs({ member }: { member: PoolMember }) {
  const bar = useTabInView();
  const params = { pool: member.poolId, member: member.id };
  const on = { className: c["sub"], params, activeProps: { "data-on": true, "aria-current": "page" as const } };
  return (
    <nav ref={bar} className={c["subs"]} aria-label="Member">
      <Link to="/pools/$pool/members/$member/control-panel" {...on}>
        Control panel
      </Link>
      <Link to="/pools/$pool/members/$member/status" {...on}>
        Status
      </Link>
      {(member.template === "haproxy_edge" || member.heartbeat?.stacks.includes("haproxy")) && (
        <Link to="/pools/$pool/members/$member/haproxy" {...on}>
          HAProxy
        </Link>
      )}
      <Link to="/pools/$pool/members/$member/recipes" {...on}>
        Recipes
      </Link>
      <Link to="/pools/$pool/members/$member/cron-jobs" {...on}>
        Cron & Jobs
      </Link>
      <Link to="/pools/$pool/members/$member/backups" {...on}>
        Restore Backups
      </Link>
      <Link to="/pools/$pool/members/$member/settings" {...on}>
        Settings
      </Link>
    </nav>
  );
}
