import { Button, CloseButton, Menu, SegmentedControl, TextInput } from "@mantine/core";
import { IconColumns3, IconSearch } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { MEMBER_STATES, type MemberState } from "../search";
import c from "./list.module.css";

const LABELS: Record<MemberState, string> = { fresh: "Heard", late: "Late", down: "Down", unknown: "Unknown" };
const SETTLE_MS = 120;

interface Props {
  q: string;
  state: MemberState | undefined;
  onFilter: (change: { q?: string | undefined; state?: MemberState | undefined }) => void;
  columns: readonly { id: string; header: string; shown: boolean }[];
  onColumns: (shown: readonly string[]) => void;
  children?: ReactNode;
}

/** Text and state filter, which columns are shown, and what the page adds. */
export function FilterBar({ q, state, onFilter, columns, onColumns, children }: Props) {
  const [text, setText] = useState(q);
  const sent = useRef(q);
  const filter = useRef(onFilter);
  useEffect(() => {
    filter.current = onFilter;
  });
  // The address changed by itself (back, a kept filter): the field follows. What is being typed is not overwritten.
  useEffect(() => {
    if (q !== sent.current) {
      sent.current = q;
      setText(q);
    }
  }, [q]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      filter.current({ q: text || undefined });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const shown = columns.filter((column) => column.shown);
  return (
    <div className={c["bar"]}>
      <TextInput
        aria-label="Filter members"
        placeholder="Filter by name or address"
        data-filter
        leftSection={<IconSearch size={15} aria-hidden />}
        rightSection={text ? <CloseButton size="sm" aria-label="Clear the filter" onClick={() => setText("")} /> : null}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        maxLength={120}
      />
      <SegmentedControl
        size="sm"
        aria-label="State"
        data={[{ value: "all", label: "All" }, ...MEMBER_STATES.map((value) => ({ value, label: LABELS[value] }))]}
        value={state ?? "all"}
        onChange={(value) => onFilter({ state: MEMBER_STATES.find((one) => one === value) })}
      />
      <Menu closeOnItemClick={false}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconColumns3 size={15} aria-hidden />}>
            Columns
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {columns.slice(1).map((column) => (
            <Menu.CheckboxItem
              key={column.id}
              checked={column.shown}
              onChange={() =>
                onColumns(
                  column.shown
                    ? shown.filter((one) => one.id !== column.id).map((one) => one.id)
                    : columns.filter((one) => one.shown || one.id === column.id).map((one) => one.id),
                )
              }
            >
              {column.header}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      {children}
    </div>
  );
}
