import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { wrongPath } from "./draft";
import e from "./editor.module.css";
import type { ConfigFile } from "./haproxyQueries";

/** Another file of the configuration, usually below conf.d. */
export function AddFile({ files, onAdd }: { files: readonly ConfigFile[]; onAdd: (path: string) => void }) {
  const [path, setPath] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  if (path === null) {
    return (
      <Button variant="default" size="xs" onClick={() => setPath("/etc/haproxy/conf.d/")}>
        Add a file
      </Button>
    );
  }
  return (
    <form
      className={e["row"]}
      onSubmit={(event) => {
        event.preventDefault();
        const refused = wrongPath(path.trim(), files);
        setWrong(refused);
        if (refused !== null) return;
        onAdd(path.trim());
        setPath(null);
      }}
    >
      <TextInput
        label="Path of the new file"
        value={path}
        error={wrong}
        onChange={(event) => setPath(event.currentTarget.value)}
      />
      <Button type="submit" size="sm">
        Add file
      </Button>
      <Button variant="subtle" size="sm" onClick={() => setPath(null)}>
        Cancel
      </Button>
    </form>
  );
}
