import { Button } from "@mantine/core";
import { IconDownload, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useLayoutEffect, useRef, useState } from "react";
import { isOver, type JobDetail } from "../../api/jobs";
import { bytes } from "../../lib/bytes";
import { download } from "../../lib/download";
import { Card } from "../../ui/Card";
import { CopyButton } from "../../ui/CopyButton";
import { Section } from "../../ui/Section";
import { useJobLog } from "./followedLog";
import c from "./JobLog.module.css";

/** What the job printed. While it runs the end stays in sight, until somebody scrolls up or pauses. */
export function JobLog({ job }: { job: JobDetail }) {
  const over = isOver(job);
  const [paused, setPaused] = useState(false);
  const [follow, setFollow] = useState(true);
  const log = useJobLog(job.id, over, paused);
  const text = log.data?.text ?? "";
  const box = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => {
    if (follow && !over && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follow, over]);
  const onScroll = () => {
    const node = box.current;
    if (node) setFollow(node.scrollHeight - node.scrollTop - node.clientHeight < 24);
  };
  const size = log.data?.sizeBytes ?? 0;
  return (
    <Card
      title="Log"
      right={
        <div className={c["tools"]}>
          {!over && (
            <>
              {!follow && !paused && (
                <Button size="xs" variant="subtle" onClick={() => setFollow(true)}>
                  Follow
                </Button>
              )}
              <Button
                size="xs"
                variant="default"
                leftSection={
                  paused ? <IconPlayerPlay size={15} aria-hidden /> : <IconPlayerPause size={15} aria-hidden />
                }
                onClick={() => setPaused(!paused)}
              >
                {paused ? "Go on" : "Pause"}
              </Button>
            </>
          )}
          {text !== "" && (
            <>
              <CopyButton value={text} label="Copy the log" />
              <Button
                size="xs"
                variant="default"
                leftSection={<IconDownload size={15} aria-hidden />}
                onClick={() => download(`${job.command}-${job.id}.log`, text, "text/plain")}
              >
                Download
              </Button>
            </>
          )}
        </div>
      }
    >
      <Section query={log}>
        {() =>
          text === "" ? (
            <p className={c["nothing"]}>{over ? "It printed nothing." : "Nothing was printed yet."}</p>
          ) : (
            <>
              <pre
                ref={box}
                className={c["log"]}
                // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
                tabIndex={0}
                role="log"
                aria-live="off"
                aria-label="Output"
                onScroll={onScroll}
              >
                {text}
              </pre>
              <p className={c["size"]}>
                {bytes(size)}
                {size > text.length * 1.2 && ". The middle is left out: head and tail are kept."}
                {!over && (paused ? " · paused" : follow ? " · following" : " · new lines are added below")}
              </p>
            </>
          )
        }
      </Section>
    </Card>
  );
}
