import type { Certificate } from "../../../api/facts";
import { plural } from "../../../lib/numbers";
import { Card } from "../../../ui/Card";
import { Pill } from "../../../ui/Pill";
import { Moment } from "../../../ui/time/Moment";
import { useNow } from "../../../ui/time/now";
import c from "./panel.module.css";

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;
// What Let's Encrypt issues; the bar is full there and longer ones stay full.
const USUAL_DAYS = 90;

/** What HAProxy and ACME clients keep on this host, the one that ends first at the top. */
export function Certificates({ certificates }: { certificates: readonly Certificate[] }) {
  const now = useNow();
  const end = (one: Certificate) => (one.notAfter === null ? Number.NEGATIVE_INFINITY : Date.parse(one.notAfter));
  const sorted = [...certificates].sort((a, b) => end(a) - end(b));
  return (
    <Card title="SSL and TLS" flush={sorted.length > 0}>
      {sorted.length === 0 && (
        <p className={c["about"]}>No certificates were found where HAProxy and ACME clients keep them.</p>
      )}
      {sorted.map((one) => (
        <Row key={one.path} certificate={one} now={now} />
      ))}
    </Card>
  );
}

function Row({ certificate, now }: { certificate: Certificate; now: number }) {
  const [first = certificate.path, ...others] = certificate.names;
  const left = certificate.notAfter === null ? null : Math.floor((Date.parse(certificate.notAfter) - now) / DAY_MS);
  const tone = left === null || left < 0 ? "down" : left <= SOON_DAYS ? "late" : "ok";
  return (
    <div className={c["certificate"]}>
      <div>
        <span className={`${c["unit"]} wrap`}>{first}</span>
        <span className={`${c["about"]} wrap`}>
          {others.length > 0 && `and ${plural(others.length, "more name")}, `}
          {certificate.path}
          {certificate.notAfter && (
            <>
              , until <Moment at={certificate.notAfter} as="day" />
            </>
          )}
        </span>
      </div>
      <div className={c["bar"]} data-tone={tone} aria-hidden>
        <i style={{ width: `${Math.min(100, Math.max(left === null ? 0 : 2, ((left ?? 0) / USUAL_DAYS) * 100))}%` }} />
      </div>
      <Pill tone={tone}>{wordsFor(left, certificate.error)}</Pill>
    </div>
  );
}

function wordsFor(left: number | null, error: string | null): string {
  if (left === null) return error ?? "Not readable";
  if (left < 0) return `Expired ${plural(-left, "day")} ago`;
  return left === 0 ? "Ends today" : `${plural(left, "day")} left`;
}
