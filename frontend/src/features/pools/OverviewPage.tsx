import { useParams } from "@tanstack/react-router";
import { useOverview } from "../../api/pool";
import { GenericOverview } from "./generic/GenericOverview";
import { HaproxyOverview } from "./HaproxyOverview";

/** A pool at a glance. The frame around it has the pool loaded already. */
export function OverviewPage() {
  const { pool = "" } = useParams({ strict: false });
  const overview = useOverview(pool).data;
  if (overview === undefined) return null;
  return overview.pool.template === "haproxy" ? (
    <HaproxyOverview overview={overview} />
  ) : (
    <GenericOverview overview={overview} />
  );
}
