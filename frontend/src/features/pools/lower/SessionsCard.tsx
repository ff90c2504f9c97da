import { useQuery } from "@tanstack/react-query";
import { useBeat } from "../../../api/beats";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import { brief, count } from "../../../lib/numbers";
import { Card } from "../../../ui/Card";
import { Section } from "../../../ui/Section";
import { Sparkline } from "../../../ui/Sparkline";
import { clockText } from "../../../ui/time/format";
import { useZone } from "../../../ui/time/zone";
import c from "./lower.module.css";
import { lastHour, type Series } from "./sessions";

const CHART_HEIGHT = 128;

/** Open sessions of the active member over the last hour. */
export function SessionsCard({ member }: { member: PoolMember }) {
  const history = useQuery({
    queryKey: [...keys.member(member.id), "history", "10s"],
    queryFn: () =>
      take(
        api.GET("/api/members/{memberId}/history", {
          params: { path: { memberId: member.id }, query: { resolution: "10s" } },
        }),
      ),
    refetchInterval: 30_000,
  });
  const live = useBeat(member.id);
  const old = live.state === "down" || live.state === "unknown";
  return (
    <Card title="Sessions on the active member" right={<span className={c["side"]}>Last hour</span>}>
      <Section query={history}>
        {(data) => {
          const series = lastHour(data);
          if (series.peak === null) {
            return <p className={c["quiet"]}>{member.displayName} has reported no sessions in the last hour.</p>;
          }
          return (
            <>
              <div className={c["number"]} data-dim={old}>
                <b className="num">{live.sessions === null ? "–" : count(live.sessions)}</b>
                <span>peak {count(series.peak)}</span>
              </div>
              <Chart series={series} />
            </>
          );
        }}
      </Section>
    </Card>
  );
}

function Chart({ series }: { series: Series }) {
  const zone = useZone();
  const clock = (at: number) => clockText(at * 1000, zone).slice(0, 5);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => series.from + (series.until - series.from) * part);
  return (
    <>
      <div className={c["chart"]}>
        <div className={c["scale"]} aria-hidden>
          <span>{brief(series.top)}</span>
          <span>{brief(series.top / 2)}</span>
          <span>0</span>
        </div>
        <div className={c["plot"]}>
          <Sparkline values={series.values} max={series.top} height={CHART_HEIGHT} />
          <div className={c["clock"]} aria-hidden>
            {marks.map((at) => (
              <span key={at}>{clock(at)}</span>
            ))}
          </div>
        </div>
      </div>
      <p className="vh">
        Between {clock(series.from)} and {clock(series.until)}: at least {count(series.least ?? 0)}, at most{" "}
        {count(series.peak ?? 0)} open sessions.
      </p>
    </>
  );
}
