import { Button, Select, TextInput } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { asProblem } from "../../api/problem";
import { useZones } from "./keysOfProviders";
import c from "./name.module.css";

interface Props {
  keyId: string;
  value: string;
  onChange: (zone: string) => void;
  error: React.ReactNode;
  /** Who may not list zones sees the one that is set. */
  mayList: boolean;
  /** Where the form finds the field to give it the focus. */
  path: string;
}

/** Choose among the zones that the key sees; typed by hand where the provider does not list them. */
export function ZoneField({ keyId, value, onChange, error, mayList, path }: Props) {
  const zones = useZones(keyId || null, mayList);
  const names = zones.data?.map((zone) => zone.name) ?? [];
  const known = value !== "" && !names.includes(value) ? [value, ...names] : names;
  const byHand = zones.isError || zones.data?.length === 0;
  const reload = (
    <Button
      variant="default"
      className={c["reload"]}
      leftSection={<IconRefresh size={15} aria-hidden />}
      loading={zones.isFetching}
      disabled={keyId === "" || !mayList}
      onClick={() => void zones.refetch()}
    >
      Reload zones
    </Button>
  );
  return (
    <div className={c["zoneField"]}>
      {byHand ? (
        <TextInput
          className={c["growing"]}
          label="Zone"
          description={
            zones.isError
              ? `The zones cannot be listed: ${asProblem(zones.error).message} Type the zone, or try again.`
              : "The key works and sees no zone. Give it access to one, or type its name."
          }
          withAsterisk
          data-path={path}
          value={value}
          error={error}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <Select
          className={c["growing"]}
          label="Zone"
          withAsterisk
          searchable
          data={known}
          value={value === "" ? null : value}
          placeholder={keyId === "" ? "Choose a key first" : zones.isFetching ? "Asking the provider" : "Choose a zone"}
          disabled={keyId === ""}
          nothingFoundMessage="No such zone with this key"
          allowDeselect={false}
          data-path={path}
          error={error}
          limit={200}
          onChange={(zone) => onChange(zone ?? "")}
        />
      )}
      {reload}
    </div>
  );
}
