import "@mantine/spotlight/styles.layer.css";
import { useDebouncedValue } from "@mantine/hooks";
import { createSpotlight, Spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconBolt, IconSearch, IconServer2, IconStack2 } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, take } from "../../api/client";

const PAGES: readonly [text: string, to: string, words: string][] = [
  ["Fleet", "/fleet", "overview home map"],
  ["Pools", "/pools", "sites"],
  ["Members", "/members", "servers hosts nodes"],
  ["Jobs", "/jobs", "tasks runs"],
  ["Alerts", "/alerts", "attention problems"],
  ["DNS", "/dns", "records names"],
  ["API providers", "/settings/api-providers", "cloudflare whm powerdns keys credentials"],
  ["Notification channels", "/settings/channels", "mail webhook"],
  ["API tokens", "/settings/tokens", "keys"],
  ["Account and sign-in", "/settings/account", "profile password totp sessions two factor"],
  ["Team", "/settings/team", "users roles invite"],
  ["Plan", "/settings/plan", "edition upgrade"],
  ["Audit trail", "/audit", "who did what log"],
  ["Docs", "/docs", "help manual"],
];

/** Finds pools and members on the server, pages and actions here. Mounted while it is open. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [[store, actions]] = useState(createSpotlight);
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 150);
  const navigate = useNavigate();
  useEffect(() => actions.open(), [actions]);
  const found = useQuery({
    queryKey: ["search", asked],
    queryFn: () => take(api.GET("/api/search", { params: { query: { q: asked } } })),
    enabled: asked !== "",
    placeholderData: keepPreviousData,
  }).data;

  const go = (to: string) => () => void navigate({ to });
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (...parts: string[]) => words.every((word) => parts.join(" ").toLowerCase().includes(word));
  const groups: SpotlightActionGroupData[] = [
    {
      group: "Pools",
      actions: (asked === "" ? [] : (found?.pools ?? [])).map((pool) => ({
        id: pool.id,
        label: pool.name,
        leftSection: <IconStack2 size={17} aria-hidden />,
        onClick: go(`/pools/${pool.id}`),
      })),
    },
    {
      group: "Members",
      actions: (asked === "" ? [] : (found?.members ?? [])).map((member) => ({
        id: member.id,
        label: member.displayName,
        description: `${member.hostname}, ${member.poolName}`,
        leftSection: <IconServer2 size={17} aria-hidden />,
        onClick: go(`/pools/${member.poolId}/members/${member.id}/control-panel`),
      })),
    },
    {
      group: "Pages",
      actions: PAGES.filter(([label, , more]) => fits(label, more)).map(([label, to]) => ({
        id: to,
        label,
        onClick: go(to),
      })),
    },
    {
      group: "Actions",
      actions: [
        {
          id: "add-pool",
          label: "Add a pool",
          leftSection: <IconBolt size={17} aria-hidden />,
          onClick: () => void navigate({ to: "/pools", search: { new: true } }),
        },
        ...(found?.pools ?? []).map((pool) => ({
          id: `add-${pool.id}`,
          label: `Add a member to ${pool.name}`,
          leftSection: <IconBolt size={17} aria-hidden />,
          onClick: () => void navigate({ to: "/pools/$pool", params: { pool: pool.id }, search: { add: true } }),
        })),
      ].filter((action) => fits(action.label)),
    },
  ].filter((group) => group.actions.length > 0);

  return (
    <Spotlight
      store={store}
      actions={groups}
      query={text}
      onQueryChange={setText}
      filter={(_query, all) => all}
      shortcut={null}
      nothingFound="Nothing is called so."
      highlightQuery
      limit={40}
      scrollable
      maxHeight={420}
      onSpotlightClose={onClose}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: "Search or jump to",
        "aria-label": "Search or jump to",
      }}
    />
  );
}
