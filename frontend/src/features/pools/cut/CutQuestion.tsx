import { Checkbox, Radio } from "@mantine/core";
import { useBeat } from "../../../api/beats";
import type { Failover, PoolDns } from "../../../api/pool";
import { plural } from "../../../lib/numbers";
import { Pill } from "../../../ui/Pill";
import { gateWords, type Place, standbysOf } from "../rules/lineup";
import { automationWords, boundSentence, recordChange } from "./change";
import c from "./cut.module.css";

/** More standbys than this are not offered one by one; the one that was asked for always is. */
const OFFERED_MAX = 12;

interface Props {
  places: readonly Place[];
  active: Place | undefined;
  target: Place;
  failover: Failover | undefined;
  dns: PoolDns | null | undefined;
  force: boolean;
  forced: boolean;
  onChoose: (memberId: string) => void;
  onForce: (forced: boolean) => void;
}

/** To whom, what the record holds before and after, who is affected, and what speaks against it. */
export function CutQuestion(props: Props) {
  const { places, active, target, failover, dns, force, forced, onChoose, onForce } = props;
  const offered = standbysOf(places).filter((place, i) => i < OFFERED_MAX || place.member.id === target.member.id);
  const against = [...target.blockers, ...target.warnings];
  return (
    <div className={c["question"]}>
      {offered.length > 1 && (
        <Radio.Group label="Send traffic to" value={target.member.id} onChange={onChoose}>
          <div className={c["targets"]}>
            {offered.map((place) => (
              <Target key={place.member.id} place={place} />
            ))}
          </div>
        </Radio.Group>
      )}
      <Change active={active} target={target} dns={dns} />
      <ul className={c["notes"]}>
        {dns ? (
          <li>{boundSentence(dns)}</li>
        ) : (
          <li>No DNS is connected: {target.member.displayName} becomes the active member, and no record moves.</li>
        )}
        {active && <Sessions active={active} />}
        {automationWords(failover) && <li>Automation says now: {automationWords(failover)}</li>}
      </ul>
      {against.length > 0 && (
        <div className={c["against"]} data-blocking={force}>
          <b>{force ? `${target.member.displayName} is not ready` : "Before you go on"}</b>
          <ul>
            {against.map((gate) => (
              <li key={gate.name}>{gateWords(gate)}</li>
            ))}
          </ul>
          {force && (
            <Checkbox
              checked={forced}
              onChange={(event) => onForce(event.currentTarget.checked)}
              label={`Send traffic to ${target.member.displayName} although it is not ready`}
            />
          )}
        </div>
      )}
    </div>
  );
}

function Target({ place }: { place: Place }) {
  const blocker = place.blockers[0];
  return (
    <Radio.Card value={place.member.id} className={c["target"]} aria-label={place.member.displayName}>
      <Radio.Indicator />
      <span className={c["who"]}>
        <b>{place.member.displayName}</b>
        {!place.ready && blocker && <span>{gateWords(blocker)}</span>}
      </span>
      <Pill tone={place.ready ? "ok" : "down"}>{place.ready ? "Ready" : "Not ready"}</Pill>
    </Radio.Card>
  );
}

function Sessions({ active }: { active: Place }) {
  const { sessions } = useBeat(active.member.id);
  const name = active.member.displayName;
  if (sessions === null) return <li>How many sessions are open on {name} is not known.</li>;
  return (
    <li>
      {plural(sessions, "open session")} on {name} {sessions === 1 ? "stays" : "stay"} there until{" "}
      {sessions === 1 ? "it ends" : "they end"}; new clients follow the record.
    </li>
  );
}

function Change({ active, target, dns }: Pick<Props, "active" | "target" | "dns">) {
  const changes = recordChange(dns, active, target);
  return (
    <table className={c["change"]}>
      <caption>{dns ? dns.fqdn : "Active member"}</caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="vh">What</span>
          </th>
          <th scope="col">Now</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">Member</th>
          <td>{active?.member.displayName ?? "None"}</td>
          <td>
            <b>{target.member.displayName}</b>
          </td>
        </tr>
        {changes.map(({ type, before, after }) => (
          <tr key={type}>
            <th scope="row">{type}</th>
            <td className="mono">{before.join(", ") || "none"}</td>
            <td className="mono">
              <b>{after.join(", ") || "none"}</b>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
