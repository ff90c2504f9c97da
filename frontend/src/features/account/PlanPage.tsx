import { IconLock } from "@tabler/icons-react";
import type { Me } from "../../api/session";
import { useMe } from "../../api/session";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { ToneIcon } from "../../ui/Pill";
import { Ago, Moment } from "../../ui/time/Moment";
import { useNow } from "../../ui/time/now";
import c from "./account.module.css";

/** What the plan opens and what it locks. On a self-hosted installation nothing is locked, and the page says so. */
export function PlanPage() {
  const me = useMe();
  if (me === undefined) return null;
  return (
    <div className={c["page"]}>
      {me.edition === "hosted" ? <Hosted me={me} /> : <SelfHosted />}
      <Card title="Say what you need">
        <p style={{ margin: 0, maxWidth: "72ch" }}>
          Found a mistake, or missing something? Tell it in the project&rsquo;s issue tracker or write to whoever runs
          this installation: bug reports and ideas steer what is built next. The code that every refusal carries and the{" "}
          <a href="/app/docs/troubleshoot">troubleshooting page</a> make a good report.
        </p>
      </Card>
    </div>
  );
}

function SelfHosted() {
  return (
    <Card title="Plan">
      <div className={c["verdict"]}>
        <ToneIcon tone="ok" />
        <div>
          <p>
            <strong>This installation is self-hosted: nothing is gated.</strong>
          </p>
          <p className={c["more"]}>
            Every feature is open, for any number of pools and members. There is no trial and no upgrade.
          </p>
        </div>
      </div>
    </Card>
  );
}

function Hosted({ me }: { me: Me }) {
  const now = useNow();
  const { plan, trialUntil } = me.account;
  const onTrial = plan !== "pro" && trialUntil !== null && Date.parse(trialUntil) > now;
  const open = me.locks.length === 0;
  return (
    <>
      <Card title="Plan">
        <Facts
          items={[
            [
              "Plan",
              plan === "pro" ? "Pro" : onTrial ? "Community, with Pro rights while the trial runs" : "Community",
            ],
            [
              "Trial",
              trialUntil === null ? (
                "None"
              ) : (
                <>
                  {onTrial ? "Ends " : "Ended "}
                  <Ago at={trialUntil} />, <Moment at={trialUntil} as="day" />
                </>
              ),
            ],
            ["Pools and members", "No limit, on every plan"],
            ["Shortest failover delay", `${me.gates.failoverDelayMinSec} s`],
          ]}
        />
      </Card>
      <Card title={open ? "Everything is open" : "Locked on Community"}>
        {open ? (
          <p style={{ margin: 0 }}>
            {onTrial
              ? "The trial opens all of Pro. When it ends, what you set up stays; locked features stay visible and stop taking changes."
              : "Pro opens every feature."}
          </p>
        ) : (
          <>
            <p className={c["lead"]}>
              These belong to Pro. They stay visible where they belong, and say so. The operator of this installation
              sets the plan: ask them for the upgrade.
            </p>
            <ul className={c["locks"]}>
              {me.locks.map((lock) => (
                <li key={lock.title}>
                  <IconLock size={15} aria-hidden />
                  {lock.title}
                </li>
              ))}
            </ul>
          </>
        )}
      </Card>
    </>
  );
}
