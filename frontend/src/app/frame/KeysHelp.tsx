import { Modal } from "@mantine/core";
import { Facts } from "../../ui/Facts";

export default function KeysHelp({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title={<strong>Keys</strong>}>
      <Facts
        items={[
          ["Ctrl K", "Find pools, members, pages and actions"],
          ["/", "Filter the list on this page"],
          ["?", "This list"],
          ["Escape", "Close what lies on top"],
        ]}
      />
    </Modal>
  );
}
