import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconRefresh, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { plural } from "../../lib/numbers";
import { Pill } from "../../ui/Pill";
import { Section } from "../../ui/Section";
import c from "./keys.module.css";
import { type ProviderKey, useZones } from "./keysOfProviders";

interface Props {
  opened: boolean;
  onClose: () => void;
  saved: ProviderKey;
}

/** The zones that a key sees, asked at the provider now. */
export function ZonesDialog({ opened, onClose, saved }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<strong className="wrap">Zones of {saved.name}</strong>}
      size={520}
      fullScreen={phone ?? false}
    >
      {opened && <Zones keyId={saved.id} />}
    </Modal>
  );
}

function Zones({ keyId }: { keyId: string }) {
  const zones = useZones(keyId);
  const [wanted, setWanted] = useState("");
  const needle = wanted.trim().toLowerCase();
  return (
    <Section query={zones} isEmpty={(all) => all.length === 0} empty={<p>The key works and sees no zone.</p>}>
      {(all) => {
        const found = all.filter((zone) => zone.name.toLowerCase().includes(needle));
        return (
          <>
            <Group gap="xs" wrap="nowrap">
              <TextInput
                className={c["grow"]}
                aria-label="Find a zone"
                placeholder="Find a zone"
                leftSection={<IconSearch size={15} aria-hidden />}
                value={wanted}
                onChange={(event) => setWanted(event.currentTarget.value)}
              />
              <Button
                variant="default"
                leftSection={<IconRefresh size={15} aria-hidden />}
                loading={zones.isFetching}
                onClick={() => void zones.refetch()}
              >
                Reload
              </Button>
            </Group>
            <p className={c["quiet"]}>
              {needle ? `${found.length} of ${plural(all.length, "zone")}` : plural(all.length, "zone")}
            </p>
            <ul className={c["zones"]} aria-label="Zones">
              {found.slice(0, SHOWN_MAX).map((zone) => (
                <li key={zone.name}>
                  <span className="mono wrap">{zone.name}</span>
                  <Pill tone={zone.status === "active" ? "ok" : "late"}>{zone.status}</Pill>
                </li>
              ))}
            </ul>
            {found.length > SHOWN_MAX && <p className={c["quiet"]}>Type a part of the name to see the others.</p>}
          </>
        );
      }}
    </Section>
  );
}

const SHOWN_MAX = 200;
