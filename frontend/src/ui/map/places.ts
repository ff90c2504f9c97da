export interface MapMember {
  id: string;
  poolId: string;
  displayName: string;
  location: { name?: string; latitude?: number; longitude?: number } | null;
  tone: MapTone;
}
export type MapTone = "ok" | "late" | "down" | "idle";

export interface MapPlace {
  key: string;
  name: string;
  latitude: number;
  longitude: number;
  /** The worst of its members. */
  tone: MapTone;
  members: readonly MapMember[];
}

const WEIGHT: Record<MapTone, number> = { down: 3, late: 2, idle: 1, ok: 0 };

/** Members that stand at the same place share a mark; the worst place comes first. */
export function placesOf(members: readonly MapMember[]): MapPlace[] {
  const found = new Map<string, MapMember[]>();
  for (const member of members) {
    const { latitude, longitude } = member.location ?? {};
    if (latitude === undefined || longitude === undefined) continue;
    const key = `${latitude.toFixed(1)} ${longitude.toFixed(1)}`;
    found.set(key, [...(found.get(key) ?? []), member]);
  }
  const places = [...found].map(([key, here]): MapPlace => {
    const worst = here.reduce((a, b) => (WEIGHT[b.tone] > WEIGHT[a.tone] ? b : a));
    const [latitude = 0, longitude = 0] = key.split(" ").map(Number);
    const name = here.find((member) => member.location?.name)?.location?.name ?? `${latitude}°, ${longitude}°`;
    return { key, name, latitude, longitude, tone: worst.tone, members: here };
  });
  return places.sort((a, b) => WEIGHT[b.tone] - WEIGHT[a.tone] || a.name.localeCompare(b.name));
}
