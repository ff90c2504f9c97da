import { Button, Drawer } from "@mantine/core";
import { Facts } from "../../ui/Facts";
import { Moment } from "../../ui/time/Moment";
import c from "./audit.module.css";
import { actionWords, pairsOf } from "./details";
import type { Entry } from "./entries";
import type { AuditSearch } from "./search";

interface Props {
  entry: Entry | null;
  onClose: () => void;
  onFilter: (search: AuditSearch) => void;
}

/** All of one entry, and the ways to its neighbours: by who, by what, by target. */
export function EntryDrawer({ entry, onClose, onFilter }: Props) {
  return (
    <Drawer
      opened={entry !== null}
      onClose={onClose}
      position="right"
      size="min(460px, 100vw)"
      title={<strong>{entry ? actionWords(entry.action) : ""}</strong>}
      closeButtonProps={{ "aria-label": "Close the details" }}
    >
      {entry && <Body entry={entry} onFilter={onFilter} />}
    </Drawer>
  );
}

function Body({ entry, onFilter }: { entry: Entry; onFilter: (search: AuditSearch) => void }) {
  const pairs = pairsOf(entry.details);
  const target = entry.targetId === null ? entry.targetType : `${entry.targetType}:${entry.targetId}`;
  return (
    <div className={c["drawer"]}>
      <Facts
        items={[
          ["When", <Moment key="at" at={entry.at} />],
          ["Who", `${entry.actor.name} (${entry.actor.kind})`],
          [
            "Action",
            <code key="action" className="mono">
              {entry.action}
            </code>,
          ],
          [
            "Target",
            <code key="target" className="mono">
              {target}
            </code>,
          ],
          ["From address", entry.address ?? "not recorded"],
          [
            "Request",
            <code key="request" className="mono">
              {entry.requestId ?? "none"}
            </code>,
          ],
          ["Entry", `${entry.seq}`],
          [
            "Fingerprint",
            <code key="hash" className="mono">
              {entry.entryHash}
            </code>,
          ],
        ]}
      />
      <section>
        <h3>Details</h3>
        {pairs.length > 0 ? <Facts items={pairs} /> : <p style={{ margin: 0 }}>None were recorded.</p>}
      </section>
      <div className={c["buttons"]} style={{ flexWrap: "wrap" }}>
        <Button size="xs" variant="default" onClick={() => onFilter({ actor: entry.actor.name })}>
          All by this one
        </Button>
        <Button size="xs" variant="default" onClick={() => onFilter({ action: entry.action })}>
          All of this action
        </Button>
        <Button size="xs" variant="default" onClick={() => onFilter({ target })}>
          All on this target
        </Button>
      </div>
    </div>
  );
}
