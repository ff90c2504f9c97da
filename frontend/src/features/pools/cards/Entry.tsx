import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import c from "./MemberCard.module.css";

/** Why a member that was never heard does not come in, as the control plane sees it. */
export function Entry({ member }: { member: PoolMember }) {
  const entry = useQuery({
    queryKey: [...keys.member(member.id), "enrollment"],
    queryFn: () => take(api.GET("/api/members/{memberId}/enrollment", { params: { path: { memberId: member.id } } })),
    refetchInterval: 10_000,
  }).data;
  const refused = entry?.status === "refused";
  return (
    <p className={c["why"]} data-tone={refused ? "down" : "idle"}>
      {refused
        ? (entry.detail ?? "Its heartbeats are refused.")
        : "No heartbeat has come in yet. Run the install command on the host."}{" "}
      <Link to="/pools/$pool/members/$member" params={{ pool: member.poolId, member: member.id }}>
        {refused ? "See the fix" : "See the command"}
      </Link>
    </p>
  );
}
