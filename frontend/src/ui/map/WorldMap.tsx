import c from "./MemberMap.module.css";
import type { MapPlace } from "./places";
import { landPath, project } from "./projection";
import { MAP_HEIGHT, MAP_WIDTH } from "./size";

/** Land and marks. The list beside it says the same in words. Loaded only where a map is shown. */
export default function WorldMap({ places }: { places: readonly MapPlace[] }) {
  return (
    <svg viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} className={c["map"]} aria-hidden>
      <path d={landPath} className={c["land"]} />
      {places.map((place) => {
        const at = project(place.longitude, place.latitude);
        if (at === null) return null;
        const radius = 6 + Math.min(8, Math.log2(place.members.length) * 2);
        return (
          <g key={place.key} className={c["mark"]} data-tone={place.tone} transform={`translate(${at[0]} ${at[1]})`}>
            <circle r={radius * 2} className={c["halo"]} />
            {place.tone === "down" ? (
              <rect x={-radius} y={-radius} width={radius * 2} height={radius * 2} rx="3" />
            ) : (
              <circle r={radius} />
            )}
            {place.members.length > 1 && <text dy="4">{place.members.length}</text>}
          </g>
        );
      })}
    </svg>
  );
}
