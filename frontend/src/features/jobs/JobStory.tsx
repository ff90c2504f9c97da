import { useCommands } from "../../api/commands";
import type { JobDetail } from "../../api/jobs";
import { exact } from "../../lib/duration";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Moment } from "../../ui/time/Moment";
import c from "./JobPage.module.css";
import { shownParams } from "./jobWords";

/** What was asked for, each time it was given out, and what arrived late. */
export function JobStory({ job }: { job: JobDetail }) {
  const { commands } = useCommands();
  const command = commands.find((one) => one.id === job.command);
  const params = shownParams(job, (name) => command?.params[name]?.secret === true);
  const result = job.result === null ? [] : Object.entries(job.result);
  return (
    <>
      <div className={c["two"]}>
        <Card title="Order">
          <Facts
            items={[
              [
                "Command",
                <code key="id" className="mono">
                  {job.command}
                </code>,
              ],
              ...params.map(
                ([name, value]) =>
                  [
                    command?.params[name]?.title ?? name,
                    <span key={name} className="mono">
                      {value}
                    </span>,
                  ] as const,
              ),
              ["Ordered", <Moment key="at" at={job.createdAt} />],
              ...(job.startedAt ? ([["Started", <Moment key="s" at={job.startedAt} />]] as const) : []),
              ...(job.endedAt ? ([["Ended", <Moment key="e" at={job.endedAt} />]] as const) : []),
              ["Time limit", exact(job.timeoutSec)],
              ["When it is cut off", job.idempotent ? "It is tried again by itself." : "A person decides."],
              ...(job.stopsHaproxy ? ([["HAProxy", "Stopped meanwhile"]] as const) : []),
              ...(job.exitCode === null ? [] : ([["Exit code", String(job.exitCode)]] as const)),
              ...result.map(
                ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
              ),
            ]}
          />
        </Card>
        <Card title="Attempts">
          {job.attempts.length === 0 ? (
            <p className={c["quiet"]}>
              {job.runsOn === "agent" ? "No agent has taken it yet." : "It has not begun yet."}
            </p>
          ) : (
            <table className={c["table"]}>
              <thead>
                <tr>
                  <th scope="col">Attempt</th>
                  <th scope="col">Started</th>
                  <th scope="col">Ended</th>
                  <th scope="col">Outcome</th>
                </tr>
              </thead>
              <tbody>
                {job.attempts.map((one) => (
                  <tr key={one.attempt}>
                    <td>{one.attempt}</td>
                    <td>
                      <Moment at={one.startedAt} as="clock" />
                    </td>
                    <td>{one.endedAt ? <Moment at={one.endedAt} as="clock" /> : "–"}</td>
                    <td>{one.outcome ?? "not told yet"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Card>
      </div>
      {job.evidence.length > 0 && (
        <Card title="Reports that changed nothing">
          <p className={c["quiet"]}>
            They came late or said something else than the first one, which stands. They are kept for whoever asks why.
          </p>
          {job.evidence.map((one) => (
            <details key={`${one.attempt}-${one.at}`}>
              <summary>
                Attempt {one.attempt}, <Moment at={one.at} />:{" "}
                {one.kind === "conflict" ? "said something else" : "came too late"}
              </summary>
              <pre className={c["report"]}>{JSON.stringify(one.report, null, 2)}</pre>
            </details>
          ))}
        </Card>
      )}
    </>
  );
}
