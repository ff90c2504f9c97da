import { Outlet, useParams } from "@tanstack/react-router";
import { useOverview } from "../../api/pool";
import { useWatchedPool } from "../../api/stream/live";
import { Section } from "../../ui/Section";
import { PoolHead } from "./PoolHead";
import { PoolTabs } from "./PoolTabs";

/** Name, facts and main actions of a pool, its tabs, and the page below. Heartbeats of this pool arrive while it is open. */
export function PoolFrame() {
  const { pool, member } = useParams({ strict: false });
  const id = pool ?? "";
  useWatchedPool(id);
  const overview = useOverview(id);
  return (
    <Section query={overview}>
      {(data) => (
        <>
          {member === undefined && <PoolHead overview={data} />}
          {member === undefined ? <PoolTabs overview={data} /> : null}
          <Outlet />
        </>
      )}
    </Section>
  );
}
