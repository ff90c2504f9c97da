import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import type { Channel } from "./channelQueries";

interface Props {
  opened: boolean;
  onClose: () => void;
  saved: Channel;
  /** The only e-mail channel: after it, mail goes to whom the account names. */
  lastEmail: boolean;
}

export function RemoveChannelDialog({ opened, onClose, saved, lastEmail }: Props) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      take(api.DELETE("/api/notification-channels/{channelId}", { params: { path: { channelId: saved.id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.channels });
      void client.invalidateQueries({ queryKey: keys.deliveries });
      toast.done(`Deleted ${saved.name}.`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        remove.reset();
        onClose();
      }}
      title="Delete this channel?"
      confirmLabel="Delete channel"
      danger
      typed={saved.name}
      busy={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p className="wrap">
        {saved.name} tells nothing any more, and its deliveries leave the log.
        {lastEmail
          ? " It is the last e-mail channel: mail goes to the account's alert address and team inboxes again, or to its owner."
          : ""}
      </p>
    </ConfirmDialog>
  );
}
