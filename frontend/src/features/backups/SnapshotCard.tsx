import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { bytes } from "../../lib/bytes";
import { short } from "../../lib/duration";
import { plural } from "../../lib/numbers";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Pill } from "../../ui/Pill";
import { Ago, Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { keep, remove, type Snapshot, verify } from "./backupQueries";
import c from "./backups.module.css";
import { placesWord, stateWord, usable } from "./backupWords";
import { FileList } from "./FileList";
import { RestoreDialog } from "./RestoreDialog";

/** One snapshot: what it is worth, and what can be done with it. */
export function SnapshotCard({ snapshot, memberName }: { snapshot: Snapshot; memberName: string }) {
  const [asks, setAsks] = useState<"restore" | "delete" | null>(null);
  const [files, setFiles] = useState(false);
  const state = stateWord(snapshot);
  const held = snapshot.state === "deleting";
  const act = useActs(snapshot);
  const operator = useLack("operator");
  const admin = useLack("admin");
  const good = usable(snapshot) ? null : "Only a complete or partial snapshot can be used.";
  return (
    <li className={c["snapshot"]} aria-label={`Snapshot ${snapshot.createdAt}`}>
      <div className={c["headline"]}>
        <Pill tone={state.tone}>{state.word}</Pill>
        <strong>
          <Moment at={snapshot.createdAt} />
        </strong>
        <span>{snapshot.kind === "ufw" ? "Firewall" : "HAProxy"}</span>
        <Proof snapshot={snapshot} />
      </div>
      <p className={c["facts"]}>
        <span>{plural(snapshot.files, "file")}</span>
        <span>{bytes(snapshot.bytes)}</span>
        <span>{bytes(snapshot.newBytes)} new in the store</span>
        {snapshot.durationSec !== null && <span>took {short(snapshot.durationSec)}</span>}
        <span>{placesWord(snapshot)}</span>
        <Link to="/jobs/$job" params={{ job: snapshot.jobId }}>
          Job
        </Link>
      </p>
      {snapshot.error !== null && <p role="alert">{snapshot.error}</p>}
      {snapshot.unreadable.length > 0 && (
        <details>
          <summary>{plural(snapshot.unreadable.length, "file")} could not be saved whole</summary>
          <ul>
            {snapshot.unreadable.map((file) => (
              <li key={file.path} className="wrap">
                <span className="mono">{file.path}</span>: {file.why}
              </li>
            ))}
          </ul>
        </details>
      )}
      {snapshot.keptBecause.length > 0 && <p className={c["facts"]}>Kept: {snapshot.keptBecause.join(", ")}.</p>}
      {held && snapshot.deleteAfter !== null ? (
        <div className={c["acts"]}>
          <span>
            It is deleted after <Moment at={snapshot.deleteAfter} />.
          </span>
          <WhyButton why={operator} variant="default" loading={act.keep.isPending} onClick={() => act.keep.mutate()}>
            Keep snapshot
          </WhyButton>
        </div>
      ) : (
        <div className={c["acts"]}>
          <WhyButton why={admin ?? good} variant="default" onClick={() => setAsks("restore")}>
            Restore…
          </WhyButton>
          <Button
            variant="default"
            disabled={good !== null || operator !== null}
            aria-expanded={files}
            onClick={() => setFiles(!files)}
          >
            {files ? "Hide files" : "Files"}
          </Button>
          <WhyButton
            why={operator ?? good ?? (snapshot.verifyJobId === null ? null : "It is being proved now.")}
            variant="default"
            loading={act.verify.isPending}
            onClick={() => act.verify.mutate()}
          >
            Prove now
          </WhyButton>
          {good === null && admin === null && (
            <Button component="a" variant="default" href={`/api/snapshots/${snapshot.id}/download`} download>
              Download
            </Button>
          )}
          <WhyButton
            why={admin ?? (snapshot.state === "running" ? "It is being written: cancel its job first." : null)}
            variant="subtle"
            color="red"
            onClick={() => setAsks("delete")}
          >
            Delete…
          </WhyButton>
        </div>
      )}
      {files && <FileList snapshot={snapshot} />}
      <RestoreDialog
        snapshot={snapshot}
        memberName={memberName}
        opened={asks === "restore"}
        onClose={() => setAsks(null)}
      />
      <ConfirmDialog
        opened={asks === "delete"}
        onClose={() => setAsks(null)}
        danger
        title="Delete this snapshot?"
        confirmLabel="Delete snapshot"
        busy={act.remove.isPending}
        problem={act.remove.error}
        onConfirm={() => act.remove.mutate(undefined, { onSuccess: () => setAsks(null) })}
      >
        <p>
          Its objects are removed from the store 24 hours from now. Until then it can be kept after all. What other
          snapshots need stays.
        </p>
      </ConfirmDialog>
    </li>
  );
}

function Proof({ snapshot }: { snapshot: Snapshot }) {
  if (snapshot.verifyJobId !== null) return <Pill tone="info">Being proved</Pill>;
  if (snapshot.verification === "failed") return <Pill tone="down">Proof failed: {snapshot.verificationDetail}</Pill>;
  if (snapshot.verifiedAt !== null)
    return (
      <Pill tone="ok">
        Proved <Ago at={snapshot.verifiedAt} />
      </Pill>
    );
  return usable(snapshot) ? <Pill tone="idle">Not proved yet</Pill> : null;
}

function useActs(snapshot: Snapshot) {
  const client = useQueryClient();
  const onSettled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: keys.member(snapshot.memberId) }),
      client.invalidateQueries({ queryKey: keys.backups }),
    ]);
  const back = useMutation({ mutationFn: () => keep(snapshot.id), onError: toast.failed, onSettled });
  return {
    keep: back,
    remove: useMutation({
      mutationFn: () => remove(snapshot.id),
      onSuccess: () => toast.done("The snapshot is deleted in 24 hours.", () => back.mutate()),
      onSettled,
    }),
    verify: useMutation({
      mutationFn: () => verify(snapshot.id),
      onSuccess: () => toast.done("The snapshot is proved with the next heartbeat."),
      onError: toast.failed,
      onSettled,
    }),
  };
}
