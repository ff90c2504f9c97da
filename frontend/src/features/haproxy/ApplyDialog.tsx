import { Checkbox, NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { useOverview } from "../../api/pool";
import { plural } from "../../lib/numbers";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import c from "./haproxy.module.css";
import type { Version } from "./haproxyQueries";

interface Props {
  poolId: string;
  version: Version;
  memberName: string;
  /** Begin with the box for changes on the host ticked. */
  overwrite?: boolean;
  opened: boolean;
  onClose: () => void;
  onBegun: () => void;
}

/** Which members get the version, how long each is watched, and what comes of it. */
export function ApplyDialog(props: Props) {
  const { poolId, version, memberName, opened, onClose, onBegun } = props;
  const client = useQueryClient();
  const members = useOverview(poolId).data?.members ?? [];
  const [chosen, setChosen] = useState<readonly string[]>([version.memberId]);
  const [soakSec, setSoakSec] = useState(60);
  const [overwrite, setOverwrite] = useState(props.overwrite ?? false);
  const apply = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/haproxy/versions/{versionId}/apply", {
          params: { path: { versionId: version.id } },
          body: { members: [...chosen], soakSec, overwrite },
        }),
      ),
    onSuccess: () => {
      toast.done(`Version ${version.number} is on its way.`);
      onClose();
      onBegun();
    },
    onSettled: () =>
      Promise.all(chosen.map((memberId) => client.invalidateQueries({ queryKey: keys.member(memberId) }))),
  });
  const only = chosen.length === 1 && chosen[0] === version.memberId;
  const target = only ? memberName : plural(chosen.length, "member");
  const soakWrong = !Number.isInteger(soakSec) || soakSec < 5 || soakSec > 600;
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        apply.reset();
        onClose();
      }}
      title={`Apply version ${version.number}?`}
      confirmLabel={`Apply version ${version.number} to ${target}`}
      danger
      busy={apply.isPending}
      problem={apply.error}
      blocked={
        chosen.length === 0
          ? "Choose at least one member."
          : soakWrong
            ? "Watch each member for 5 to 600 seconds."
            : version.check?.valid === false
              ? "Its check found errors: mend them in a new version first."
              : null
      }
      onConfirm={() => apply.mutate()}
    >
      <p>
        Before: {only ? memberName : "each member"} runs what it runs now. After: version {version.number}, reloaded
        without dropping connections. It is checked on every member first, standbys go before the active member, and
        when traffic suffers everything is taken back.
      </p>
      <fieldset className={c["members"]}>
        <legend>Members</legend>
        {members.map((one) => (
          <Checkbox
            key={one.id}
            label={`${one.displayName}${one.active ? " (active: serves clients now)" : ""}`}
            checked={chosen.includes(one.id)}
            onChange={(event) => {
              const on = event.currentTarget.checked;
              setChosen((now) => (on ? [...now, one.id] : now.filter((id) => id !== one.id)));
            }}
          />
        ))}
      </fieldset>
      <NumberInput
        mt="sm"
        label="Watch traffic after each member (seconds)"
        min={5}
        max={600}
        allowDecimal={false}
        clampBehavior="none"
        value={soakSec}
        onChange={(value) => setSoakSec(Number(value))}
      />
      <Checkbox
        mt="sm"
        label="Also over changes that were made on the host"
        description="Without it, a member that was edited by hand stops the roll-out."
        checked={overwrite}
        onChange={(event) => setOverwrite(event.currentTarget.checked)}
      />
    </ConfirmDialog>
  );
}
