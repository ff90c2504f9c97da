import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { followedJob, isOver } from "../../api/jobs";
import { useLack } from "../../api/session";
import { bytes } from "../../lib/bytes";
import { ProblemNote } from "../../ui/ProblemNote";
import { Section } from "../../ui/Section";
import { WhyButton } from "../../ui/WhyButton";
import { compare, comparison, content, filesQuery, type Snapshot, type SnapshotFile } from "./backupQueries";
import c from "./backups.module.css";

/** What a snapshot holds, file by file: to read, and to compare with the host before anything is restored. */
export function FileList({ snapshot }: { snapshot: Snapshot }) {
  const files = useInfiniteQuery(filesQuery(snapshot.id, ""));
  const [open, setOpen] = useState<SnapshotFile | null>(null);
  const rows = files.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section query={files}>
      {() => (
        <>
          <ul className={`${c["list"]} ${c["files"]}`} aria-label="Files of the snapshot">
            {rows.map((file) => (
              <li key={file.path}>
                {file.type === "file" ? (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    className="mono wrap"
                    aria-pressed={open?.path === file.path}
                    onClick={() => setOpen(open?.path === file.path ? null : file)}
                  >
                    {file.path}
                  </Button>
                ) : (
                  <span className="mono wrap">
                    {file.type === "link" ? `${file.path} → ${file.target}` : `${file.path}/`}
                  </span>
                )}{" "}
                {file.type === "file" && bytes(file.sizeBytes)}
                {file.status !== "ok" && ` · ${file.status}: ${file.why}`}
              </li>
            ))}
          </ul>
          {files.hasNextPage && (
            <Button
              variant="default"
              size="xs"
              loading={files.isFetchingNextPage}
              onClick={() => void files.fetchNextPage()}
            >
              Show more files
            </Button>
          )}
          {open && <OneFile key={open.path} snapshot={snapshot} file={open} />}
        </>
      )}
    </Section>
  );
}

function OneFile({ snapshot, file }: { snapshot: Snapshot; file: SnapshotFile }) {
  const lack = useLack("operator");
  const shown = useQuery({
    queryKey: ["backups", snapshot.id, "content", file.path],
    queryFn: () => content(snapshot.id, file.path),
    retry: false,
    enabled: lack === null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const order = useMutation({ mutationFn: () => compare(snapshot.id, file.path) });
  const job = useQuery({ ...followedJob(order.data?.id ?? ""), enabled: order.data !== undefined }).data;
  const done = job !== undefined && isOver(job);
  const found = useQuery({
    queryKey: ["backups", snapshot.id, "comparison", order.data?.id],
    queryFn: () => comparison(snapshot.id, order.data?.id ?? ""),
    enabled: done && job.status === "completed",
  });
  return (
    <section aria-label={file.path}>
      {shown.data && <pre className={c["text"]}>{shown.data.text}</pre>}
      {shown.error && <ProblemNote problem={shown.error} />}
      <div className={c["acts"]}>
        <WhyButton
          why={lack}
          variant="default"
          loading={order.isPending || (order.isSuccess && !done)}
          onClick={() => order.mutate()}
        >
          Compare with the host
        </WhyButton>
        {order.error && <ProblemNote problem={order.error} />}
        {done && job.status !== "completed" && (
          <span role="status">It could not be compared: {job.error ?? job.status}</span>
        )}
        {found.data && <span role="status">{verdict(found.data)}</span>}
      </div>
      {found.data?.shown && !found.data.same && <pre className={c["text"]}>{found.data.diff}</pre>}
    </section>
  );
}

const verdict = (found: { onHost: boolean; same: boolean; shown: boolean }): string => {
  if (!found.onHost) return "The host does not have this file: a restore would bring it back.";
  if (found.same) return "The host has the same file.";
  return found.shown
    ? "They differ. Lines with + are what a restore would bring back."
    : "They differ. Keys and binary files are not shown.";
};
