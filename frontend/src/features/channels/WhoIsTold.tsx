import { useMe } from "../../api/session";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { accountInboxes } from "./accountInboxes";
import type { Channel } from "./channelQueries";
import c from "./channels.module.css";
import { tells, topicAbout, topicTitle } from "./topicWords";

interface Props {
  poolId: string;
  channels: readonly Channel[];
  topics: readonly string[];
}

/** For each topic, the channels that tell of it in this pool. */
export function WhoIsTold({ poolId, channels, topics }: Props) {
  const byMail = !channels.some((one) => one.kind === "email");
  const inboxes = accountInboxes(useMe()?.account);
  const plainMail = byMail ? (inboxes.length > 0 ? inboxes : ["Account owner, by e-mail"]) : [];
  return (
    <Card title="Who is told" flush>
      <table className={c["who"]}>
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Told by</th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => {
            const found = channels.filter((one) => tells(one, topic, poolId));
            return (
              <tr key={topic}>
                <th scope="row">
                  {topicTitle(topic)}
                  <small>{topicAbout(topic)}</small>
                </th>
                <td>
                  <ul className={c["names"]}>
                    {found.map((one) => (
                      <li key={one.id}>
                        <Pill tone="info" icon={false}>
                          <span className={c["pillName"]}>{one.name}</span>
                        </Pill>
                      </li>
                    ))}
                    {plainMail.map((words) => (
                      <li key={words}>
                        <Pill tone="idle" icon={false}>
                          <span className={c["pillName"]}>{words}</span>
                        </Pill>
                      </li>
                    ))}
                    {found.length === 0 && !byMail && (
                      <li>
                        <Pill tone="late">Nobody</Pill>
                      </li>
                    )}
                  </ul>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {byMail && (
        <p className={c["tableNote"]}>
          No e-mail channel is set up, so mail goes to the account's alert address and team inboxes, or to its owner
          while none is named, provided that this installation has a mail server.
        </p>
      )}
    </Card>
  );
}
