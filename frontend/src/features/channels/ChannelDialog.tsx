import { Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { ChannelForm, type ChannelFormProps } from "./ChannelForm";

interface Props extends ChannelFormProps {
  opened: boolean;
}

/** Set up a channel, or change one. */
export function ChannelDialog({ opened, ...rest }: Props) {
  const phone = useMediaQuery("(max-width: 600px)");
  return (
    <Modal
      opened={opened}
      onClose={rest.onClose}
      title={<strong className="wrap">{rest.saved ? `Edit ${rest.saved.name}` : "Add a notification channel"}</strong>}
      size={560}
      fullScreen={phone ?? false}
    >
      {opened && <ChannelForm {...rest} />}
    </Modal>
  );
}
