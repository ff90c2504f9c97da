import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { asProblem } from "../../api/problem";
import { ProblemNote } from "../../ui/ProblemNote";
import { toast } from "../../ui/toast";
import { AddFile } from "./AddFile";
import { Clash } from "./Clash";
import { changedPaths, isDirty, theirsIn } from "./draft";
import e from "./editor.module.css";
import { FileTabs } from "./FileTabs";
import c from "./haproxy.module.css";
import type { ConfigFile, Version, WholeVersion } from "./haproxyQueries";
import { TextArea } from "./TextArea";

interface Props {
  memberId: string;
  version: WholeVersion;
  /** The newest version: what a save stands on. */
  head: Version;
  path: string;
  onPath: (path: string) => void;
  field: RefObject<HTMLTextAreaElement | null>;
  onOpen: (versionId: string) => void;
}

/** The files of a version as text. Saving makes a new version and changes nothing on the host. */
export function Editor({ memberId, version, head, path, onPath, field, onOpen }: Props) {
  const client = useQueryClient();
  // What the edit began with, also when somebody saves a newer version while this page is open.
  const [base] = useState(head);
  const [files, setFiles] = useState<readonly ConfigFile[]>(version.texts);
  const [reason, setReason] = useState("");
  const dirty = isDirty(version.texts, files) || version.id !== base.id;
  const save = useMutation({
    mutationFn: (baseVersionId: string) =>
      take(
        api.POST("/api/members/{memberId}/haproxy/versions", {
          params: { path: { memberId } },
          body: { baseVersionId, files: [...files], reason },
        }),
      ),
    onSuccess: (made) => {
      toast.done(`Version ${made.number} is saved. Nothing changed on the host yet.`);
      void client.invalidateQueries({ queryKey: keys.member(memberId) });
      onOpen(made.id);
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  const theirs = problem?.code === "config_changed" ? theirsIn(problem.extra) : null;
  const shown = files.find((file) => file.path === path) ?? files[0];
  const write = (text: string) =>
    setFiles((now) => now.map((file) => (file.path === shown?.path ? { ...file, text } : file)));
  const remove = () => {
    const left = files.filter((file) => file.path !== shown?.path);
    setFiles(left);
    onPath(left[0]?.path ?? "");
  };
  return (
    <>
      <FileTabs
        paths={files.map((file) => file.path)}
        chosen={shown?.path ?? ""}
        changed={changedPaths(version.texts, files)}
        onChoose={onPath}
      />
      {shown && <TextArea label={`Text of ${shown.path}`} text={shown.text} onChange={write} field={field} />}
      <div className={c["acts"]}>
        <AddFile
          files={files}
          onAdd={(added) => {
            setFiles((now) => [...now, { path: added, text: "" }]);
            onPath(added);
          }}
        />
        {files.length > 1 && shown && (
          <Button variant="default" size="xs" onClick={remove}>
            Remove <span className="mono">&nbsp;{shown.path.split("/").at(-1)}</span>
          </Button>
        )}
      </div>
      {version.id !== base.id && (
        <p className={c["about"]}>
          Version {base.number} is the newest. Saving this text makes a new version after it, so an older text can come
          back without anything being forgotten.
        </p>
      )}
      <form
        className={e["row"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (dirty) save.mutate(base.id);
        }}
      >
        <TextInput
          label="Reason"
          description="What changes and why; the list of versions shows it."
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" disabled={!dirty} loading={save.isPending && theirs === null}>
          Save as version
        </Button>
        <Button
          variant="default"
          disabled={!isDirty(version.texts, files)}
          onClick={() => {
            setFiles(version.texts);
            save.reset();
          }}
        >
          Discard changes
        </Button>
      </form>
      {theirs ? (
        <Clash
          mine={files}
          theirs={theirs}
          busy={save.isPending}
          onMine={() => save.mutate(theirs.head.id)}
          onTheirs={() => {
            void client.invalidateQueries({ queryKey: keys.member(memberId) });
            onOpen(theirs.head.id);
          }}
        />
      ) : (
        <ProblemNote problem={save.error} />
      )}
    </>
  );
}
