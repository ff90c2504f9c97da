import { Link } from "@tanstack/react-router";
import { useMe } from "../../api/session";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { accountInboxes } from "./accountInboxes";
import type { Channel } from "./channelQueries";
import c from "./channels.module.css";
import { appliesTo } from "./topicWords";

/** The account's alert address and team inboxes, and whether an e-mail channel of this pool writes to them. */
export function AccountAddresses({ poolId, channels }: { poolId: string; channels: readonly Channel[] }) {
  const inboxes = accountInboxes(useMe()?.account);
  const byMail = !channels.some((one) => one.kind === "email");
  const written = new Set(
    channels
      .filter((one) => one.kind === "email" && one.enabled && appliesTo(one, poolId))
      .flatMap(({ config }) => (Array.isArray(config["recipients"]) ? config["recipients"].map(String) : [])),
  );
  return (
    <Card
      title="Alert address and team inboxes"
      right={
        <Link to="/settings/account" className={c["cardLink"]}>
          Account
        </Link>
      }
    >
      {inboxes.length === 0 ? (
        <p className={c["plain"]}>The account names no alert address and no team inbox.</p>
      ) : (
        <ul className={c["inboxes"]}>
          {inboxes.map((address) => (
            <li key={address}>
              <span className="wrap">{address}</span>
              {byMail || written.has(address) ? (
                <Pill tone="ok">Gets mail</Pill>
              ) : (
                <Pill tone="idle">On no channel</Pill>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className={c["note"]}>
        They get mail until an e-mail channel is set up; then its recipients do. A new e-mail channel begins with these
        addresses.
      </p>
    </Card>
  );
}
