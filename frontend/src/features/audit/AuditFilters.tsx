import { Autocomplete, Button, TextInput } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useState } from "react";
import { zoneName } from "../../ui/time/format";
import { useZone } from "../../ui/time/zone";
import c from "./audit.module.css";
import { KNOWN_ACTIONS } from "./details";
import { fieldTime, typedTime } from "./filters";
import type { AuditSearch } from "./search";

interface Props {
  search: AuditSearch;
  onFilter: (search: AuditSearch) => void;
}

/** The server compares whole words, so filters apply on Enter or on the button, not while one types. */
export function AuditFilters({ search, onFilter }: Props) {
  const zone = useZone();
  const [typed, setTyped] = useState({
    action: search.action ?? "",
    actor: search.actor ?? "",
    target: search.target ?? "",
    since: fieldTime(search.since, zone),
    until: fieldTime(search.until, zone),
  });
  const put = (name: keyof typeof typed) => (value: string) => setTyped((now) => ({ ...now, [name]: value }));
  const [shown, setShown] = useState(false);
  const filtered = Object.values(typed).some((value) => value !== "");
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const since = typedTime(typed.since, zone);
    const until = typedTime(typed.until, zone);
    onFilter({
      ...(typed.action.trim() ? { action: typed.action.trim() } : {}),
      ...(typed.actor.trim() ? { actor: typed.actor.trim() } : {}),
      ...(typed.target.trim() ? { target: typed.target.trim() } : {}),
      ...(since ? { since } : {}),
      ...(until ? { until } : {}),
    });
  };
  const name = zoneName(Date.now(), zone);
  return (
    // biome-ignore lint/a11y/useSemanticElements: `search` is not known to every browser and screen reader yet
    <form
      className={c["filters"]}
      data-shown={shown || filtered}
      role="search"
      aria-label="Filter the audit trail"
      onSubmit={submit}
    >
      <Button
        className={c["toggle"]}
        variant="default"
        aria-expanded={shown || filtered}
        leftSection={<IconFilter size={16} aria-hidden />}
        onClick={() => setShown((now) => !now)}
      >
        Filter the trail
      </Button>
      <Autocomplete
        label="Action"
        placeholder="user.invited"
        data={KNOWN_ACTIONS}
        limit={12}
        value={typed.action}
        onChange={put("action")}
      />
      <TextInput
        label="Who"
        placeholder="ada@example.com"
        value={typed.actor}
        onChange={(event) => put("actor")(event.currentTarget.value)}
      />
      <TextInput
        label="What it was done to"
        placeholder="member, or member:id"
        value={typed.target}
        onChange={(event) => put("target")(event.currentTarget.value)}
      />
      <TextInput
        label={`Since (${name})`}
        type="datetime-local"
        value={typed.since}
        onChange={(event) => put("since")(event.currentTarget.value)}
      />
      <TextInput
        label={`Until (${name})`}
        type="datetime-local"
        value={typed.until}
        onChange={(event) => put("until")(event.currentTarget.value)}
      />
      <div className={c["buttons"]}>
        <Button type="submit" variant="default">
          Filter
        </Button>
        {filtered && (
          <Button variant="subtle" color="gray" onClick={() => onFilter({})}>
            Clear
          </Button>
        )}
      </div>
    </form>
  );
}
