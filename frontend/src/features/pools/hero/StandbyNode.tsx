import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useBeat } from "../../../api/beats";
import { beatAgeSec } from "../../../lib/beatAge";
import { Pill } from "../../../ui/Pill";
import { useNow } from "../../../ui/time/now";
import { type Place, shownAddress } from "../rules/lineup";
import c from "./Flow.module.css";

/** A member that could take over, with its place in the line, or the cross that says it could not. */
export function StandbyNode({ place }: { place: Place }) {
  const { member, order, candidate } = place;
  return (
    <div
      className={`${c["node"]} ${c["standby"]}`}
      data-node={member.id}
      data-off={candidate !== null && order === null}
    >
      <span className={c["order"]} aria-hidden>
        {order ?? <IconX size={13} stroke={2.6} />}
      </span>
      <span className={c["who"]}>
        <Link
          to="/pools/$pool/members/$member"
          params={{ pool: member.poolId, member: member.id }}
          className={c["name"]}
        >
          {member.displayName}
        </Link>
        <span className={c["address"]}>{shownAddress(place)}</span>
      </span>
      <Standing place={place} />
    </div>
  );
}

function Standing({ place }: { place: Place }) {
  const live = useBeat(place.member.id);
  useNow();
  const age = beatAgeSec(live.heardAt);
  if (place.candidate === null) return <Pill tone="idle">Reading</Pill>;
  if (!place.ready) return <Pill tone="down">Not ready</Pill>;
  if (live.state === "late") return <Pill tone="late">{age === null ? "Late" : `Late ${Math.round(age)} s`}</Pill>;
  return <Pill tone="ok">Ready</Pill>;
}
