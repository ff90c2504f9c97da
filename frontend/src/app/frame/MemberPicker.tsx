import { Combobox, useCombobox } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { PoolMember } from "../../api/pool";
import { plural } from "../../lib/numbers";
import c from "../../ui/NavTabs.module.css";

const SHOWN = 50;

/** Finds one of many members by a part of its name or address. */
export function MemberPicker({ poolId, members }: { poolId: string; members: readonly PoolMember[] }) {
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const combobox = useCombobox({
    onDropdownOpen: () => combobox.focusSearchInput(),
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setText("");
    },
  });
  const wanted = text.trim().toLowerCase();
  const found = members.filter((one) =>
    `${one.displayName} ${one.hostname} ${one.publicIps.join(" ")}`.toLowerCase().includes(wanted),
  );
  return (
    <Combobox
      store={combobox}
      width={300}
      position="bottom-start"
      onOptionSubmit={(member) => {
        combobox.closeDropdown();
        void navigate({ to: "/pools/$pool/members/$member", params: { pool: poolId, member } });
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        <button
          type="button"
          className={c["tab"]}
          aria-haspopup="listbox"
          aria-expanded={combobox.dropdownOpened}
          onClick={() => combobox.toggleDropdown()}
        >
          {plural(members.length, "member")}
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          placeholder="Find a member"
          aria-label="Find a member"
        />
        <Combobox.Options mah={320} style={{ overflowY: "auto" }}>
          {found.slice(0, SHOWN).map((one) => (
            <Combobox.Option key={one.id} value={one.id}>
              {one.displayName}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>No member is called so.</Combobox.Empty>}
          {found.length > SHOWN && (
            <Combobox.Empty>{plural(found.length - SHOWN, "more member")}: type more of the name.</Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
