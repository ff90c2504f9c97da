import { Button, Group } from "@mantine/core";
import { IconDownload, IconPrinter } from "@tabler/icons-react";
import { download } from "../../lib/download";
import type { Incident } from "./eventQueries";

/** The incident to take along: as data, or on paper. */
export function ExportButtons({ incident }: { incident: Incident }) {
  const print = () => {
    // What is folded would be missing on paper.
    for (const folded of document.querySelectorAll("main details")) folded.setAttribute("open", "");
    window.print();
  };
  return (
    <Group gap="xs" data-screen-only>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconDownload size={15} aria-hidden />}
        onClick={() => download(`failover-${incident.id}.json`, JSON.stringify(incident, null, 2), "application/json")}
      >
        Export JSON
      </Button>
      <Button variant="default" size="xs" leftSection={<IconPrinter size={15} aria-hidden />} onClick={print}>
        Print
      </Button>
    </Group>
  );
}
