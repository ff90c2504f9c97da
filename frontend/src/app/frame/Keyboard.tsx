import { Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";
import { Facts } from "../../ui/Facts";
import { onPalette } from "./palette";

const Palette = lazy(() => import("./Palette"));

/** Ctrl K opens the palette, / goes to the page's filter, ? lists the keys. */
export function Keyboard() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useEffect(() => onPalette(() => setPalette(true)), []);
  useHotkeys([
    ["mod+K", () => setPalette(true)],
    ["/", focusFilter],
    ["shift+?", () => setHelp(true)],
  ]);
  return (
    <>
      {palette && (
        <Suspense fallback={null}>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
      <Modal opened={help} onClose={() => setHelp(false)} title={<strong>Keys</strong>}>
        <Facts
          items={[
            ["Ctrl K", "Find pools, members, pages and actions"],
            ["/", "Filter the list on this page"],
            ["?", "This list"],
            ["Escape", "Close what lies on top"],
          ]}
        />
      </Modal>
    </>
  );
}

function focusFilter(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>("input[data-filter]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
  field.select();
}
