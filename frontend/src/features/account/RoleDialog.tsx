import { Button, Group, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import type { RoleWord } from "../../api/session";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import c from "./account.module.css";
import { RoleChoice } from "./RoleChoice";
import { roleName } from "./roles";
import { type User, useUsersChanged } from "./users";

export function RoleDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const phone = useMediaQuery("(max-width: 600px)") ?? false;
  return (
    <Modal
      opened={user !== null}
      onClose={onClose}
      title={<strong className="wrap">{user ? `Role of ${user.email}` : ""}</strong>}
      size={520}
      fullScreen={phone}
    >
      {user && <Body key={user.id} user={user} onClose={onClose} />}
    </Modal>
  );
}

function Body({ user, onClose }: { user: User; onClose: () => void }) {
  const changed = useUsersChanged();
  const [role, setRole] = useState<RoleWord>(user.role);
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/users/{userId}", { params: { path: { userId: user.id } }, body: { role } })),
    onSuccess: () => {
      changed();
      toast.done(`${user.email} is ${role} now.`);
      onClose();
    },
  });
  return (
    <div className={c["steps"]}>
      <RoleChoice value={role} onChange={setRole} />
      {role !== user.role && (
        <p>
          Before: {roleName(user.role)}. After: <strong>{roleName(role)}</strong>, at once, in open browsers and API
          tokens too.
        </p>
      )}
      <ProblemNote problem={save.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={role === user.role} loading={save.isPending} onClick={() => save.mutate()}>
          {role === user.role ? "Choose another role" : `Make ${roleName(role).toLowerCase()}`}
        </Button>
      </Group>
    </div>
  );
}
