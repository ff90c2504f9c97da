import { Drawer } from "@mantine/core";
import { Sidebar } from "./Sidebar";

/** The main navigation on a phone. */
export default function MenuDrawer({ onClose }: { onClose: () => void }) {
  return (
    <Drawer
      opened
      onClose={onClose}
      title="Menu"
      size={268}
      padding="sm"
      closeButtonProps={{ "aria-label": "Close the menu" }}
    >
      <Sidebar onPick={onClose} />
    </Drawer>
  );
}
