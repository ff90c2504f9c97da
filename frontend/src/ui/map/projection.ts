import { geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import world from "world-atlas/land-110m.json";
import { MAP_HEIGHT, MAP_WIDTH } from "./size";

const topology = world as unknown as Topology<{ land: GeometryObject }>;
const land = feature(topology, topology.objects.land);
// Antarctica would take a fifth of the height, and nobody has servers there.
const projection = geoNaturalEarth1().fitExtent(
  [
    [0, 0],
    [MAP_WIDTH, MAP_HEIGHT * 1.13],
  ],
  land,
);

/** The outline of all land as one SVG path. */
export const landPath: string = geoPath(projection)(land) ?? "";

export function project(longitude: number, latitude: number): readonly [number, number] | null {
  return projection([longitude, latitude]);
}
