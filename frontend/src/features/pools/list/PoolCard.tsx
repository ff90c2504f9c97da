import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take, type Wire } from "../../../api/client";
import { keys } from "../../../api/keys";
import { count, plural } from "../../../lib/numbers";
import { Pill } from "../../../ui/Pill";
import { Ago } from "../../../ui/time/Moment";
import { poolHealth } from "./health";
import c from "./list.module.css";
import type { Pool } from "./usePools";

interface Props {
  pool: Pool;
  /** Its latest move among the recent ones of the account. */
  last: Wire<"AccountEventOut"> | undefined;
  /** What automation says why it holds, where it does. */
  hold: string | undefined;
}

const PARTS = [
  ["fresh", "ok", "healthy"],
  ["late", "late", "late"],
  ["down", "down", "down"],
  ["unknown", "idle", "unknown"],
] as const;

/** One pool: who is in it, how they stand, who is active, when it last moved. The whole card leads into it. */
export function PoolCard({ pool, last, hold }: Props) {
  const { health } = pool;
  const standing = poolHealth(pool);
  return (
    <article className={c["card"]} aria-label={pool.name}>
      <div className={c["top"]}>
        <h2>
          <Link to="/pools/$pool" params={{ pool: pool.id }} className={c["whole"]}>
            {pool.name}
          </Link>
        </h2>
        <Pill tone={standing.tone}>{standing.word}</Pill>
      </div>
      <div className={c["under"]}>
        <span>{pool.template === "haproxy" ? "HAProxy" : "Generic Linux"}</span>
        <span>{plural(health?.members ?? 0, "member")}</span>
      </div>
      <div className={c["split"]} aria-hidden>
        {health && health.members > 0 ? (
          PARTS.map(
            ([part, tone]) => health[part] > 0 && <i key={part} data-tone={tone} style={{ flexGrow: health[part] }} />,
          )
        ) : (
          <i data-tone="none" style={{ flexGrow: 1 }} />
        )}
      </div>
      <p className={c["words"]}>
        {health && health.members > 0
          ? PARTS.filter(([part]) => health[part] > 0)
              .map(([part, , word]) => `${count(health[part])} ${word}`)
              .join(", ")
          : "No members yet"}
      </p>
      <dl className={c["facts"]}>
        {pool.template === "haproxy" && (
          <div>
            <dt>Active</dt>
            <dd>
              <ActiveName pool={pool} last={last} />
            </dd>
          </div>
        )}
        <div>
          <dt>Last failover</dt>
          <dd className={c["above"]}>{last ? <Ago at={last.createdAt} /> : "None lately"}</dd>
        </div>
      </dl>
      {hold !== undefined && (
        <p className={c["hold"]}>
          <Pill tone="late">Automation holds</Pill>
          <span>{hold}</span>
        </p>
      )}
    </article>
  );
}

function ActiveName({ pool, last }: { pool: Pool; last: Props["last"] }) {
  const id = pool.activeMemberId;
  const told = last !== undefined && last.toMemberId === id ? last.toName : undefined;
  const member = useQuery({
    queryKey: [...keys.member(id ?? ""), "read"],
    queryFn: () => take(api.GET("/api/members/{memberId}", { params: { path: { memberId: id ?? "" } } })),
    enabled: id !== null && told === undefined,
    staleTime: 60_000,
  }).data;
  if (id === null) return <>None</>;
  return <>{told ?? member?.displayName ?? "…"}</>;
}
