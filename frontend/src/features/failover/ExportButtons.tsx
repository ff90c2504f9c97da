import { Button, Group } from "@mantine/core";
import { IconDownload, IconPrinter } from "@tabler/icons-react";
import { download } from "../../lib/download";
import type { Incident } from "./eventQueries";

/** The incident to take along: as data, or on paper. */
export function ExportButtons({ incident }: { incident: Incident }) {
  return (
    <Group gap="xs">
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

const SCHEME = "data-mantine-color-scheme";

/** Everything unfolded, and in the light colours: paper is white, and browsers leave dark grounds out. */
function print(): void {
  for (const folded of document.querySelectorAll("main details")) folded.setAttribute("open", "");
  const root = document.documentElement;
  const scheme = root.getAttribute(SCHEME) ?? "light";
  root.setAttribute(SCHEME, "light");
  window.addEventListener("afterprint", () => root.setAttribute(SCHEME, scheme), { once: true });
  window.print();
}
