import { Button } from "@mantine/core";
import { type Theirs, versus } from "./draft";
import e from "./editor.module.css";
import c from "./haproxy.module.css";
import type { ConfigFile } from "./haproxyQueries";
import { TextArea } from "./TextArea";

interface Props {
  mine: readonly ConfigFile[];
  theirs: Theirs;
  busy: boolean;
  onMine: () => void;
  onTheirs: () => void;
}

/** Somebody saved meanwhile: both texts side by side, and nothing is lost before a person chooses. */
export function Clash({ mine, theirs, busy, onMine, onTheirs }: Props) {
  const { number, author, reason } = theirs.head;
  return (
    <section className={c["note"]} aria-label="Two edits">
      <h3 className={c["path"]}>
        {author.name} saved version {number} after you began
      </h3>
      {reason && <p>Their reason: {reason}</p>}
      {versus(mine, theirs.files).map((file) => (
        <div key={file.path}>
          <p className="mono wrap">{file.path}</p>
          <div className={e["both"]}>
            <div>
              <h4>Yours</h4>
              {file.mine === null ? (
                <p>You do not have this file.</p>
              ) : (
                <TextArea label={`Yours: ${file.path}`} text={file.mine} readOnly />
              )}
            </div>
            <div>
              <h4>Version {number}</h4>
              {file.theirs === null ? (
                <p>Version {number} does not have this file.</p>
              ) : (
                <TextArea label={`Version ${number}: ${file.path}`} text={file.theirs} readOnly />
              )}
            </div>
          </div>
        </div>
      ))}
      <div className={c["acts"]}>
        <Button loading={busy} onClick={onMine}>
          Save mine on top of version {number}
        </Button>
        <Button variant="default" disabled={busy} onClick={onTheirs}>
          Drop mine and open version {number}
        </Button>
      </div>
    </section>
  );
}
