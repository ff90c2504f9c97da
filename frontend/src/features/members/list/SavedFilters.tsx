import { Button, Menu, Modal, TextInput } from "@mantine/core";
import { IconBookmark } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../api/client";
import { keys } from "../../../api/keys";
import { type Me, useMe } from "../../../api/session";
import { ProblemNote } from "../../../ui/ProblemNote";
import { toast } from "../../../ui/toast";

interface Props {
  /** Which table the filters belong to: "/members". */
  page: string;
  /** The filter on screen, as the address carries it; empty when nothing is filtered. */
  search: string;
  onPick: (search: string) => void;
}

/** Named filters that belong to the person, in every browser. */
export function SavedFilters({ page, search, onPick }: Props) {
  const client = useQueryClient();
  const preferences = useMe()?.preferences;
  const all = preferences?.savedFilters ?? [];
  const mine = all.filter((filter) => filter.page === page);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const keep = async (savedFilters: typeof all) => {
    const kept = await take(api.PUT("/api/auth/preferences", { body: { ...preferences, savedFilters } }));
    client.setQueryData<Me>(keys.me, (me) => me && { ...me, preferences: kept });
  };
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    const named = name.trim();
    if (named === "") return;
    setBusy(true);
    setProblem(null);
    try {
      const others = all.filter((filter) => filter.page !== page || filter.name !== named);
      await keep([...others, { page, name: named, search }]);
      toast.done(`The filter ${named} is kept.`);
      setNaming(false);
      setName("");
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button size="sm" variant="default" leftSection={<IconBookmark size={15} aria-hidden />}>
            Filters
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {mine.length === 0 && <Menu.Label>No filters are kept yet</Menu.Label>}
          {mine.map((filter) => (
            <Menu.Item key={filter.name} onClick={() => onPick(filter.search)}>
              {filter.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={search === ""} onClick={() => setNaming(true)}>
            {search === "" ? "Keep this filter (nothing is filtered)" : "Keep this filter…"}
          </Menu.Item>
          {mine.map((filter) => (
            <Menu.Item
              key={`remove ${filter.name}`}
              color="red"
              onClick={() =>
                void keep(all.filter((one) => one !== filter)).then(
                  () => toast.done(`The filter ${filter.name} is removed.`, () => void keep(all).catch(toast.failed)),
                  toast.failed,
                )
              }
            >
              Remove {filter.name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title={<strong>Keep this filter</strong>} size={400}>
        <form onSubmit={(event) => void save(event)}>
          <TextInput
            label="Name"
            placeholder="Down in Frankfurt"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={60}
            data-autofocus
          />
          {problem !== null && <ProblemNote problem={problem} />}
          <Button mt="md" type="submit" loading={busy} fullWidth>
            Keep filter
          </Button>
        </form>
      </Modal>
    </>
  );
}
