import { Button, NativeSelect } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CARDS_MAX, type Overview } from "../../../api/pool";
import { useLack } from "../../../api/session";
import { count, plural } from "../../../lib/numbers";
import { Empty } from "../../../ui/Empty";
import { WhyButton } from "../../../ui/WhyButton";
import type { HealthById } from "../rules/liveHealth";
import type { PoolSearch } from "../search";
import c from "./generic.module.css";
import { ServerTile } from "./ServerTile";
import { shownTiles, stacksOf, stackWord, TILE_STATES } from "./tiles";

/** The servers of a generic pool, worst first, filtered by state and stack in the address. */
export function ServerTiles({ overview, health, stale }: { overview: Overview; health: HealthById; stale: boolean }) {
  const { pool, members } = overview;
  const search = useSearch({ strict: false }) as PoolSearch;
  const navigate = useNavigate();
  const lack = useLack("operator");
  const stacks = stacksOf(members);
  const all = shownTiles(members, health, search);
  const tiles = all.slice(0, CARDS_MAX);
  const outdated = members.some((member) => member.agentOutdated);
  const go = (next: PoolSearch) =>
    void navigate({ to: "/pools/$pool", params: { pool: pool.id }, search: next, replace: true });
  const filter = (part: { state?: string; stack?: string }) => {
    const { state, stack } = { ...search, ...part };
    go({ ...(state ? { state: state as NonNullable<PoolSearch["state"]> } : {}), ...(stack ? { stack } : {}) });
  };
  return (
    <section aria-labelledby="servers-title">
      <div className={c["bar"]}>
        <h2 id="servers-title">Servers</h2>
        <NativeSelect
          aria-label="State"
          value={search.state ?? ""}
          onChange={(event) => filter({ state: event.currentTarget.value })}
          data={[{ value: "", label: "Every state" }, ...TILE_STATES.map(([value, label]) => ({ value, label }))]}
        />
        <NativeSelect
          aria-label="Stack"
          value={search.stack ?? ""}
          onChange={(event) => filter({ stack: event.currentTarget.value })}
          data={[{ value: "", label: "Every stack" }, ...stacks.map((value) => ({ value, label: stackWord(value) }))]}
        />
        <span className={c["space"]} />
        <WhyButton
          why={lack ?? (outdated ? null : "No agent of this pool is outdated.")}
          variant="default"
          link={(props) => <Link {...props} to="/pools/$pool" params={{ pool: pool.id }} search={{ update: true }} />}
        >
          Update agents
        </WhyButton>
      </div>
      {all.length === 0 ? (
        <Empty
          action={
            <Button variant="default" onClick={() => go({})}>
              Show all servers
            </Button>
          }
        >
          No server of this pool fits the filter.
        </Empty>
      ) : (
        <div className={c["tiles"]}>
          {tiles.map((member) => (
            <ServerTile key={member.id} member={member} stale={stale} />
          ))}
        </div>
      )}
      {all.length > tiles.length && (
        <p className={c["more"]}>
          The first {count(tiles.length)} of {plural(all.length, "server")} are shown.{" "}
          <Link to="/pools/$pool/members" params={{ pool: pool.id }}>
            All members
          </Link>{" "}
          has them in a table.
        </p>
      )}
    </section>
  );
}
