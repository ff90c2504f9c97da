import { IconDevices } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import type { PoolDns } from "../../../api/pool";
import { plural } from "../../../lib/numbers";
import { activeOf, type Place, standbysOf } from "../rules/lineup";
import type { Verdict } from "../rules/verdicts";
import { ActiveNode } from "./ActiveNode";
import { DnsNode } from "./DnsNode";
import c from "./Flow.module.css";
import { flowWords } from "./flowWords";
import { type Line, Lines } from "./Lines";
import { StandbyNode } from "./StandbyNode";
import { useBoxes } from "./useBoxes";

/** More standbys than this are counted, not drawn. */
const DRAWN_MAX = 4;

interface Props {
  poolId: string;
  places: readonly Place[];
  dns: PoolDns | null | undefined;
  traffic: Verdict;
  switching: boolean;
  /** The page is not up to date: nothing moves. */
  stale: boolean;
}

/** Clients → DNS record → active member → standbys, as cards with lines between them. */
export function Flow({ poolId, places, dns, traffic, switching, stale }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const active = activeOf(places);
  const standbys = standbysOf(places);
  const drawn = standbys.length > DRAWN_MAX ? standbys.slice(0, DRAWN_MAX - 1) : standbys;
  const rest = standbys.slice(drawn.length);
  const boxes = useBoxes(frame, [active?.member.id, ...drawn.map((place) => place.member.id), dns?.fqdn].join());
  const lines: Line[] = [
    { from: "clients", to: "dns", kind: dns ? "still" : "off" },
    { from: "dns", to: "active", kind: traffic.tone === "down" || !dns ? "off" : "still" },
    ...drawn.map((place): Line => ({ from: "active", to: place.member.id, kind: place.ready ? "ready" : "off" })),
  ];
  if (!stale && (traffic.tone === "ok" || traffic.tone === "late")) {
    for (const line of lines.slice(0, 2)) if (line.kind === "still") line.kind = "live";
  }
  return (
    <div className={c["flow"]} ref={frame}>
      <p className="vh">{flowWords(places, dns, traffic)}</p>
      <Lines lines={lines} boxes={boxes} />
      <div className={`${c["node"]} ${c["clients"]}`} data-node="clients">
        <IconDevices size={20} stroke={1.6} aria-hidden />
        <div className={c["name"]}>Clients</div>
      </div>
      <DnsNode poolId={poolId} dns={dns} switching={switching} />
      {active ? (
        <ActiveNode place={active} stale={stale} />
      ) : (
        <div className={c["node"]} data-node="active" data-missing>
          <div className={c["name"]}>No active member</div>
          <p className={c["small"]}>
            {places.length === 0 ? "Add the first member to begin." : "Make one of the members active."}
          </p>
        </div>
      )}
      <div className={c["standbys"]}>
        {drawn.map((place) => (
          <StandbyNode key={place.member.id} place={place} />
        ))}
        {rest.length > 0 && (
          <Link to="/pools/$pool/members" params={{ pool: poolId }} className={c["rest"]}>
            {plural(rest.length, "more standby", "more standbys")}, {rest.filter((place) => place.ready).length} ready
          </Link>
        )}
        {standbys.length === 0 && (
          <div className={`${c["node"]} ${c["none"]}`} data-missing>
            <p className={c["small"]}>No standby yet</p>
          </div>
        )}
      </div>
    </div>
  );
}
