import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { followedJob, isOver } from "../../api/jobs";
import { Pill } from "../../ui/Pill";
import { Ago } from "../../ui/time/Moment";
import e from "./editor.module.css";
import c from "./haproxy.module.css";
import type { WholeVersion } from "./haproxyQueries";
import { checkWords } from "./versionWords";

/** What the host's own HAProxy says of the version; a message leads to its line. */
export function CheckResult({
  version,
  onLine,
}: {
  version: WholeVersion;
  onLine: (path: string, line: number) => void;
}) {
  const job = useQuery({ ...followedJob(version.checkJobId ?? ""), enabled: version.checkJobId !== null }).data;
  const running = job !== undefined && !isOver(job);
  const { check } = version;
  const { word, tone } = checkWords(check);
  return (
    <div aria-live="polite">
      <Pill tone={running ? "info" : tone}>{running ? "Being checked on the host" : word}</Pill>{" "}
      {check?.at && !running && <Ago at={check.at} />}{" "}
      {job && (
        <Link to="/jobs/$job" params={{ job: job.id }} className={c["open"]}>
          Check job
        </Link>
      )}
      {check?.error && <p className="wrap">{check.error}</p>}
      {!check && job && !running && job.error && <p className="wrap">{job.error}</p>}
      {check && check.messages.length > 0 && (
        <ul className={e["messages"]}>
          {check.messages.map((one, place) => (
            <li key={place}>
              <strong>{one.level}</strong>{" "}
              {one.path && one.line ? (
                <button
                  type="button"
                  className={`${c["open"]} mono`}
                  onClick={() => onLine(one.path ?? "", one.line ?? 1)}
                >
                  {one.path}:{one.line}
                </button>
              ) : (
                one.path && <span className="mono">{one.path}</span>
              )}{" "}
              {one.text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
