import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { memberQuery } from "./jobQueries";

/** The member where a job runs. Until its name is known nothing is shown, then a link. */
export function MemberName({ pool, member }: { pool: string; member: string | null }) {
  const found = useQuery({ ...memberQuery(member ?? ""), enabled: member !== null });
  if (member === null) return <span>Control plane</span>;
  return (
    <Link to="/pools/$pool/members/$member" params={{ pool, member }} className="wrap">
      {found.data?.displayName ?? (found.isError ? "removed member" : "member")}
    </Link>
  );
}

export function PoolName({ id, names }: { id: string; names: ReadonlyMap<string, string> }) {
  return (
    <Link to="/pools/$pool" params={{ pool: id }} className="wrap">
      {names.get(id) ?? "pool"}
    </Link>
  );
}
