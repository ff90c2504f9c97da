import { Button, Group } from "@mantine/core";
import type { PoolMember } from "../../api/pool";
import c from "./SettingsPage.module.css";
import type { Clash } from "./settingsForm";

interface Props {
  clashes: readonly Clash[];
  members: readonly PoolMember[];
  onTheirs: () => void;
  onMine: () => void;
}

/** Somebody else saved while this form was edited: both values, and the choice between them. */
export function Clashes({ clashes, members, onTheirs, onMine }: Props) {
  if (clashes.length === 0) return null;
  const shown = (value: unknown): string => {
    if (typeof value === "boolean") return value ? "on" : "off";
    if (value === null || value === "") return "none";
    return members.find((member) => member.id === value)?.displayName ?? String(value);
  };
  return (
    <div className={c["clash"]} role="alert">
      <p>These settings were saved by somebody else while you changed them here:</p>
      <ul>
        {clashes.map((clash) => (
          <li key={clash.field}>
            {clash.name}: saved is <strong>{shown(clash.theirs)}</strong>, yours is{" "}
            <strong>{shown(clash.yours)}</strong>
          </li>
        ))}
      </ul>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={onTheirs}>
          Take what was saved
        </Button>
        <Button size="xs" variant="default" onClick={onMine}>
          Keep mine, to save it
        </Button>
      </Group>
    </div>
  );
}
