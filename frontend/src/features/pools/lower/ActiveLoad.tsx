import { useQuery } from "@tanstack/react-query";
import { useBeat } from "../../../api/beats";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import { brief, count, percent } from "../../../lib/numbers";
import { Card } from "../../../ui/Card";
import { Section } from "../../../ui/Section";
import { Sparkline } from "../../../ui/Sparkline";
import { clockText } from "../../../ui/time/format";
import { useZone } from "../../../ui/time/zone";
import c from "./lower.module.css";
import { lastHour, type Series } from "./sessions";

const CHART_HEIGHT = 128;

/** How busy the active member was in the last hour: open sessions, or its CPU where it reports no sessions. */
export function ActiveLoad({ member }: { member: PoolMember }) {
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
  const sessions = history.data && lastHour(history.data, "sessions");
  const counted = sessions === undefined || sessions.peak !== null;
  const series = counted ? sessions : history.data && lastHour(history.data, "cpuPct");
  const now = counted ? live.sessions : live.cpuPct;
  const word = counted ? count : percent;
  return (
    <Card
      title={counted ? "Sessions on the active member" : "CPU of the active member"}
      right={<span className={c["side"]}>Last hour</span>}
    >
      <Section query={history}>
        {() =>
          !series || series.peak === null ? (
            <p className={c["quiet"]}>{member.displayName} has reported nothing in the last hour.</p>
          ) : (
            <>
              <div className={c["number"]} data-dim={live.state === "down" || live.state === "unknown"}>
                <b className="num">{now === null ? "–" : word(now)}</b>
                <span>peak {word(series.peak)}</span>
              </div>
              <Chart series={series} word={word} />
            </>
          )
        }
      </Section>
    </Card>
  );
}

function Chart({ series, word }: { series: Series; word: (value: number) => string }) {
  const zone = useZone();
  const clock = (at: number) => clockText(at * 1000, zone).slice(0, 5);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => series.from + (series.until - series.from) * part);
  const scale = word === percent ? percent : brief;
  return (
    <>
      <div className={c["chart"]}>
        <div className={c["scale"]} aria-hidden>
          <span>{scale(series.top)}</span>
          <span>{scale(series.top / 2)}</span>
          <span>{scale(0)}</span>
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
        Between {clock(series.from)} and {clock(series.until)}: at least {word(series.least ?? 0)}, at most{" "}
        {word(series.peak ?? 0)}.
      </p>
    </>
  );
}
