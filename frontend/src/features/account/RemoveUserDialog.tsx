import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, take } from "../../api/client";
import { useMe } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import { type User, useUsersChanged } from "./users";

export function RemoveUserDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const mine = useMe()?.user.id;
  const changed = useUsersChanged();
  const { mutate, reset, error, isPending } = useMutation({
    mutationFn: (gone: User) => take(api.DELETE("/api/users/{userId}", { params: { path: { userId: gone.id } } })),
    onSuccess: (_answer, gone) => {
      changed();
      toast.done(`${gone.email} is removed.`);
      onClose();
    },
  });
  useEffect(() => {
    if (user === null) reset();
  }, [user, reset]);
  return (
    <ConfirmDialog
      opened={user !== null}
      onClose={onClose}
      title={`Remove ${user?.email ?? ""}?`}
      confirmLabel="Remove the user"
      danger
      typed={user?.email ?? ""}
      busy={isPending}
      problem={error}
      onConfirm={() => user && mutate(user)}
    >
      {user?.id === mine
        ? "That is you: you are signed out at once, and your API tokens stop working."
        : "They are signed out everywhere at once, and their API tokens stop working. What they did stays in the audit trail."}
    </ConfirmDialog>
  );
}
