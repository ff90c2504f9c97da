import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useLack } from "../../api/session";
import { plural } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { PageHeader } from "../../ui/PageHeader";
import { Section } from "../../ui/Section";
import { WhyButton } from "../../ui/WhyButton";
import { shownPools } from "./list/health";
import c from "./list/list.module.css";
import { NewPool } from "./list/NewPool";
import { PoolCard } from "./list/PoolCard";
import { useHolds } from "./list/useHolds";
import { usePools, useRecentEvents } from "./list/usePools";
import type { PoolsSearch } from "./search";

/** All pools of the account, those that need somebody first. */
export function PoolsPage() {
  const search = useSearch({ strict: false }) as PoolsSearch;
  const navigate = useNavigate();
  const lack = useLack("operator");
  const pools = usePools();
  const events = useRecentEvents().data;
  const holds = useHolds();
  const go = (next: PoolsSearch, replace = false) => void navigate({ to: "/pools", search: next, replace });
  const filter = (part: { q?: string | undefined; template?: string }) => {
    const { q, template } = { ...search, ...part };
    go(
      { ...(q ? { q } : {}), ...(template ? { template: template as NonNullable<PoolsSearch["template"]> } : {}) },
      true,
    );
  };
  const open = () => go({ ...search, new: true });
  const { new: adding, ...rest } = search;
  return (
    <>
      <PageHeader
        title="Pools"
        facts={pools.data && <span>{plural(pools.data.length, "pool")}</span>}
        actions={
          <WhyButton why={lack} leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
            Add pool
          </WhyButton>
        }
      />
      <Section
        query={pools}
        isEmpty={(all) => all.length === 0}
        empty={
          <Card>
            <Empty
              action={
                <WhyButton why={lack} onClick={open}>
                  Add pool
                </WhyButton>
              }
            >
              A pool is a group of servers that serve one name together. Add the first one.
            </Empty>
          </Card>
        }
      >
        {(all) => {
          const shown = shownPools(all, search);
          return (
            <>
              <div className={c["bar"]}>
                <TextInput
                  className={c["find"] ?? ""}
                  aria-label="Filter by name"
                  placeholder="Filter by name"
                  leftSection={<IconSearch size={15} aria-hidden />}
                  data-filter
                  value={search.q ?? ""}
                  onChange={(event) => filter({ q: event.currentTarget.value })}
                />
                <NativeSelect
                  aria-label="Template"
                  value={search.template ?? ""}
                  onChange={(event) => filter({ template: event.currentTarget.value })}
                  data={[
                    { value: "", label: "Every template" },
                    { value: "haproxy", label: "HAProxy" },
                    { value: "generic", label: "Generic Linux" },
                  ]}
                />
              </div>
              {shown.length === 0 ? (
                <Empty
                  action={
                    <Button variant="default" onClick={() => go({}, true)}>
                      Show all pools
                    </Button>
                  }
                >
                  No pool fits the filter.
                </Empty>
              ) : (
                <div className={c["cards"]}>
                  {shown.map((pool) => (
                    <PoolCard
                      key={pool.id}
                      pool={pool}
                      last={events?.find((event) => event.poolId === pool.id)}
                      hold={holds.get(pool.id)}
                    />
                  ))}
                </div>
              )}
            </>
          );
        }}
      </Section>
      <NewPool opened={adding === true} onClose={() => go(rest)} />
    </>
  );
}
