import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { plural } from "../../lib/numbers";
import { Dot } from "../Dot";
import c from "./MemberMap.module.css";
import { type MapMember, type MapTone, placesOf } from "./places";

const WorldMap = lazy(() => import("./WorldMap"));

const WORDS: Record<MapTone, string> = { ok: "healthy", late: "late", down: "down", idle: "unknown" };
const NAMES_MAX = 6;

/** Where members stand, as a map and as a list that says the same. */
export function MemberMap({ members }: { members: readonly MapMember[] }) {
  const places = placesOf(members);
  const located = places.reduce((sum, place) => sum + place.members.length, 0);
  if (places.length === 0) {
    return <p className={c["none"]}>No member has a location yet. Set one in the member's settings to see it here.</p>;
  }
  return (
    <div className={c["frame"]}>
      <Suspense fallback={<div className={c["waiting"]} />}>
        <WorldMap places={places} />
      </Suspense>
      <details className={c["list"]}>
        <summary>
          {plural(located, "member")} at {plural(places.length, "place")}
          {located < members.length && `, ${members.length - located} without a location`}
        </summary>
        <ul>
          {places.map((place) => (
            <li key={place.key}>
              <Dot tone={place.tone} />
              <span>
                <b>{place.name}</b>:{" "}
                {place.members.slice(0, NAMES_MAX).map((member, i) => (
                  <span key={member.id}>
                    {i > 0 && ", "}
                    <Link to="/pools/$pool/members/$member" params={{ pool: member.poolId, member: member.id }}>
                      {member.displayName}
                    </Link>{" "}
                    ({WORDS[member.tone]})
                  </span>
                ))}
                {place.members.length > NAMES_MAX && ` and ${place.members.length - NAMES_MAX} more`}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
