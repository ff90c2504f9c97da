import { Button, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { useCommands } from "../../api/commands";
import { keys } from "../../api/keys";
import { JOB_WORDS } from "../../ui/JobStatus";
import { type JobFilter, useMember, usePoolNames } from "./jobQueries";
import c from "./jobs.module.css";
import { JOB_STATES } from "./search";

const STATES = JOB_STATES.map((value) => ({ value, label: JOB_WORDS[value].word }));

interface Props {
  filter: JobFilter;
  onChange: (filter: JobFilter) => void;
  /** A member's page filters by state and command only. */
  ofMember?: boolean;
}

/** The filters of a list of jobs. They live in the address: what is chosen here is told upwards. */
export function JobFilters({ filter, onChange, ofMember = false }: Props) {
  const { commands } = useCommands();
  const pools = usePoolNames();
  const set = (part: JobFilter) => onChange({ ...filter, ...part });
  const any = [filter.status, filter.command, ...(ofMember ? [] : [filter.pool, filter.member])].some(Boolean);
  return (
    <search className={c["filters"]} aria-label="Filter jobs">
      <Select
        label="State"
        placeholder="Any state"
        data={STATES}
        value={filter.status ?? null}
        onChange={(value) => set({ status: JOB_STATES.find((state) => state === value) })}
        clearable
      />
      <Select
        label="Command"
        placeholder="Any command"
        data={commands.map((command) => ({ value: command.id, label: command.title }))}
        value={filter.command ?? null}
        onChange={(value) => set({ command: value ?? undefined })}
        searchable
        clearable
        nothingFoundMessage="No such command"
      />
      {!ofMember && (
        <>
          <Select
            label="Pool"
            placeholder="Any pool"
            data={[...pools].map(([value, label]) => ({ value, label }))}
            value={filter.pool ?? null}
            onChange={(value) => set({ pool: value ?? undefined, member: undefined })}
            searchable
            clearable
            nothingFoundMessage="No such pool"
          />
          <MemberFilter pool={filter.pool} value={filter.member} onChange={(member) => set({ member })} />
        </>
      )}
      {any && (
        <Button variant="subtle" onClick={() => onChange(ofMember && filter.member ? { member: filter.member } : {})}>
          Clear filters
        </Button>
      )}
    </search>
  );
}

function MemberFilter({
  pool,
  value,
  onChange,
}: {
  pool: string | undefined;
  value: string | undefined;
  onChange: (member: string | undefined) => void;
}) {
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), 250);
  const chosen = useMember(value ?? null).data;
  const found = useQuery({
    queryKey: [...keys.members, "find", pool ?? "", q],
    queryFn: async () => {
      const query = { limit: 20, ...(q && q !== chosen?.displayName ? { q } : {}) };
      const page = pool
        ? await take(api.GET("/api/pools/{poolId}/members", { params: { path: { poolId: pool }, query } }))
        : await take(api.GET("/api/members", { params: { query } }));
      return page.items;
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const members = found.data ?? [];
  const shown = chosen && !members.some((member) => member.id === chosen.id) ? [chosen, ...members] : members;
  return (
    <Select
      label="Member"
      placeholder="Any member"
      data={shown.map((member) => ({ value: member.id, label: member.displayName }))}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      // The server has searched already, also by address and hostname.
      filter={({ options }) => options}
      clearable
      nothingFoundMessage="No such member"
    />
  );
}
