import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Card } from "../../ui/Card";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import c from "./haproxy.module.css";
import { type Version, versionsQuery } from "./haproxyQueries";
import { checkWords, ORIGIN_WORDS, STATE_WORDS } from "./versionWords";

interface Props {
  memberId: string;
  opened: string | null;
  onOpen: (versionId: string) => void;
}

export function VersionsTable({ memberId, opened, onOpen }: Props) {
  const versions = useInfiniteQuery(versionsQuery(memberId));
  return (
    <Card title="Versions" flush>
      <Section query={versions}>
        {({ pages }) => (
          <div className={c["scroll"]}>
            <table className={c["table"]}>
              <thead>
                <tr>
                  {["Version", "State", "Check", "Author", "Origin", "Reason", "Made"].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {pages
                  .flatMap((page) => page.items)
                  .map((one) => (
                    <Row key={one.id} version={one} on={one.id === opened} onOpen={onOpen} />
                  ))}
              </tbody>
            </table>
          </div>
        )}
      </Section>
      {versions.hasNextPage && (
        <Button variant="subtle" loading={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
          Show older versions
        </Button>
      )}
    </Card>
  );
}

function Row({ version, on, onOpen }: { version: Version; on: boolean; onOpen: (id: string) => void }) {
  const state = STATE_WORDS[version.state];
  const check = checkWords(version.check);
  return (
    <tr data-on={on}>
      <td>
        <button type="button" className={c["open"]} aria-current={on} onClick={() => onOpen(version.id)}>
          Version {version.number}
        </button>
        {version.current && (
          <div>
            <Pill tone="active">Current</Pill>
          </div>
        )}
      </td>
      <td>
        <Pill tone={state.tone}>{state.word}</Pill>
        {version.error && <div className={c["about"]}>{version.error}</div>}
      </td>
      <td>
        <Pill tone={check.tone}>{check.word}</Pill>
      </td>
      <td>{version.author.name}</td>
      <td>{ORIGIN_WORDS[version.origin]}</td>
      <td>{version.reason}</td>
      <td>
        <Ago at={version.createdAt} />
      </td>
    </tr>
  );
}
