import { Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { type Overview, useOverview } from "../../api/pool";
import { useWatchedPool } from "../../api/stream/live";
import { Section } from "../../ui/Section";
import { PoolHead } from "./PoolHead";
import { PoolTabs } from "./PoolTabs";

const AddMember = lazy(async () => ({ default: (await import("../../features/members/AddMember")).AddMember }));

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
          {member === undefined && (
            <>
              <PoolHead overview={data} />
              <PoolTabs overview={data} />
            </>
          )}
          <Outlet />
          <Adding pool={data.pool} />
        </>
      )}
    </Section>
  );
}

/** The dialog Add member, open while the address says `?add`: it can be linked to and closed with Back. */
function Adding({ pool }: { pool: Overview["pool"] }) {
  const { add } = useSearch({ strict: false });
  const navigate = useNavigate();
  const close = () => void navigate({ to: ".", search: ({ add: _closed, ...before }) => before, replace: true });
  return (
    <Suspense fallback={null}>
      <AddMember poolId={pool.id} template={pool.template} opened={add === true} onClose={close} />
    </Suspense>
  );
}
