import { Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { type Failover, useFailover } from "../../api/pool";
import { useLack, useMe } from "../../api/session";
import { exact } from "../../lib/duration";
import { Card } from "../../ui/Card";
import { ProblemNote } from "../../ui/ProblemNote";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import c from "./channels.module.css";

const HOUR = 3600;
const CHOICES = [0, 900, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 3 * 24 * HOUR, 7 * 24 * HOUR];

/** How long the pool's header tells of the last move. */
export function BannerTime({ poolId }: { poolId: string }) {
  const failover = useFailover(poolId);
  return (
    <Card title="Failover banner">
      <Section query={failover}>{(data) => <Banner poolId={poolId} bannerSec={data.bannerSec} />}</Section>
    </Card>
  );
}

function Banner({ poolId, bannerSec }: { poolId: string; bannerSec: number }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const most = useMe()?.gates.failoverBannerMaxSec ?? null;
  const save = useMutation({
    mutationFn: (sec: number) =>
      take(api.PUT("/api/pools/{poolId}/failover", { params: { path: { poolId } }, body: { bannerSec: sec } })),
    onMutate: () => bannerSec,
    onSuccess: (now: Failover, _sec, before) => {
      client.setQueryData([...keys.pool(poolId), "failover"], now);
      toast.done(
        now.bannerSec === 0 ? "The banner is off." : `The banner stays for ${exact(now.bannerSec)}.`,
        before === now.bannerSec ? undefined : () => save.mutate(before),
      );
    },
  });
  const options = [...new Set([...CHOICES, bannerSec])].sort((a, b) => a - b);
  const locked = most !== null && options.some((sec) => sec > most);
  return (
    <>
      <Select
        label="Show “Failover active” for"
        description={lack ?? "After a move, the header of the pool says so for this long."}
        data={options.map((sec) => ({
          value: String(sec),
          label: sec === 0 ? "Not at all" : exact(sec),
          disabled: most !== null && sec > most,
        }))}
        value={String(save.isPending ? save.variables : bannerSec)}
        allowDeselect={false}
        disabled={lack !== null}
        maxDropdownHeight={320}
        onChange={(value) => value !== null && Number(value) !== bannerSec && save.mutate(Number(value))}
      />
      {locked && (
        <p className={c["note"]}>
          More than {exact(most)} is part of Pro. <Link to="/settings/plan">See the plan</Link>
        </p>
      )}
      {save.error && (
        <div className={c["left"]}>
          <ProblemNote problem={save.error} />
        </div>
      )}
    </>
  );
}
