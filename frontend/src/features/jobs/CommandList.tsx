import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { type Command, unfitFor } from "../../api/commands";
import type { PoolMember } from "../../api/pool";
import { Pill } from "../../ui/Pill";
import c from "./CommandList.module.css";

interface Props {
  commands: readonly Command[];
  member: PoolMember;
  onChoose: (id: string) => void;
}

/** Commands that fit the member first; the others below, each with its reason. */
export function CommandList({ commands, member, onChoose }: Props) {
  const [words, setWords] = useState("");
  const host = member.heartbeat;
  // The list arrives after the dialog: the dialog's own first focus would be its close button.
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  const found = commands.filter((command) => command.runsOn === "agent" && fits(command, words));
  const able = found.filter((command) => unfitFor(command, host) === null);
  const unable = found.filter((command) => unfitFor(command, host) !== null);
  return (
    <>
      <TextInput
        ref={search}
        label="Find a command"
        leftSection={<IconSearch size={15} aria-hidden />}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        autoComplete="off"
      />
      {host === null && (
        <p className={c["hint"]}>This member was never heard: what is ordered now runs when its agent first speaks.</p>
      )}
      {found.length === 0 && <p className={c["hint"]}>No command has these words.</p>}
      <ul className={c["list"]}>
        {able.map((command) => (
          <li key={command.id}>
            <button type="button" className={c["item"]} onClick={() => onChoose(command.id)}>
              <Words command={command} />
            </button>
          </li>
        ))}
      </ul>
      {unable.length > 0 && (
        <>
          <h3 className={c["h3"]}>Not on this member</h3>
          <ul className={c["list"]}>
            {unable.map((command) => (
              <li key={command.id} className={c["item"]} data-off>
                <Words command={command} why={unfitFor(command, host)} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Words({ command, why }: { command: Command; why?: string | null }) {
  return (
    <>
      <span className={c["line"]}>
        <strong>{command.title}</strong>
        {command.danger === "dangerous" && <Pill tone="down">Dangerous</Pill>}
        {command.stopsHaproxy && <Pill tone="late">Stops HAProxy</Pill>}
      </span>
      <span className={c["about"]}>{why ?? command.description}</span>
    </>
  );
}

const fits = (command: Command, words: string): boolean => {
  const text = `${command.id} ${command.title} ${command.description}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};
