import { Checkbox } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { bytes } from "../../lib/bytes";
import { plural } from "../../lib/numbers";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { restore, type Snapshot } from "./backupQueries";
import c from "./backups.module.css";

interface Props {
  snapshot: Snapshot;
  memberName: string;
  opened: boolean;
  onClose: () => void;
}

/** Which parts come back, what happens on the host, and that it is undone when HAProxy does not like it. */
export function RestoreDialog({ snapshot, memberName, opened, onClose }: Props) {
  const [scopes, setScopes] = useState<string[]>(snapshot.scopes.map((scope) => scope.id));
  const lack = useLack("admin");
  const client = useQueryClient();
  const navigate = useNavigate();
  const go = useMutation({
    mutationFn: () => restore(snapshot.id, { scopes: scopes as never }),
    onSuccess: (job) => {
      toast.done(`The restore begins with the next heartbeat of ${memberName}.`);
      onClose();
      void client.invalidateQueries({ queryKey: keys.member(snapshot.memberId) });
      return navigate({ to: "/jobs/$job", params: { job: job.id } });
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      danger
      title={`Restore ${memberName} from this snapshot?`}
      confirmLabel={`Restore ${memberName}`}
      blocked={lack ?? (scopes.length === 0 ? "Choose at least one part." : null)}
      busy={go.isPending}
      problem={go.error}
      onConfirm={() => go.mutate()}
    >
      <p>
        Snapshot of <Moment at={snapshot.createdAt} />: {plural(snapshot.files, "file")}, {bytes(snapshot.bytes)}.
      </p>
      <Checkbox.Group label="What is brought back" value={scopes} onChange={setScopes}>
        <div className={c["checks"]}>
          {snapshot.scopes.map((scope) => (
            <Checkbox
              key={scope.id}
              value={scope.id}
              label={scope.title}
              description={`${plural(scope.files ?? 0, "file")}, ${bytes(scope.bytes ?? 0)}`}
            />
          ))}
        </div>
      </Checkbox.Group>
      <p>
        The files are staged beside the live ones and checked by HAProxy on {memberName}. Only then they are swapped in,
        and HAProxy is reloaded and watched for 10 s. When anything is wrong, the very same old files come back.
      </p>
    </ConfirmDialog>
  );
}
