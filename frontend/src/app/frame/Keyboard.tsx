import { useHotkeys } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";
import { onPalette } from "./palette";

const Palette = lazy(() => import("./Palette"));
const KeysHelp = lazy(() => import("./KeysHelp"));

/** Ctrl K opens the palette, / goes to the page's filter, ? lists the keys. */
export function Keyboard() {
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  useEffect(() => onPalette(() => setOpen("palette")), []);
  useHotkeys([
    ["mod+K", () => setOpen("palette")],
    ["/", focusFilter],
    ["shift+?", () => setOpen("help")],
  ]);
  return (
    <Suspense fallback={null}>
      {open === "palette" && <Palette onClose={() => setOpen(null)} />}
      {open === "help" && <KeysHelp onClose={() => setOpen(null)} />}
    </Suspense>
  );
}

function focusFilter(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>("input[data-filter]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
  field.select();
}
