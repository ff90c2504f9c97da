import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import type { JobDetail } from "../../api/jobs";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./JobPage.module.css";
import { useMember } from "./jobQueries";

/** A person says what became of a job whose outcome nobody knows: run it again, or call it failed. */
export function JobDecision({ job, title }: { job: JobDetail; title: string }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<"retry" | "failed" | null>(null);
  const member = useMember(job.memberId).data;
  const lack = useLack(job.danger === "dangerous" ? "admin" : "operator");
  const lackToFail = useLack("operator");
  const resolve = useMutation({
    mutationFn: (choice: "retry" | "failed") =>
      take(api.POST("/api/jobs/{jobId}/resolve", { params: { path: { jobId: job.id } }, body: { choice } })),
    onSuccess: (_, choice) => {
      toast.done(choice === "retry" ? `${title} runs again.` : `${title} is marked as failed.`);
      setAsking(null);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.jobs }),
  });
  const close = () => {
    setAsking(null);
    resolve.reset();
  };
  const where = member?.displayName ?? "the host";
  return (
    <div className={c["buttons"]}>
      <WhyButton why={lack} onClick={() => setAsking("retry")}>
        Run it again
      </WhyButton>
      {lackToFail ? (
        <WhyButton why={lackToFail} variant="default">
          Mark as failed
        </WhyButton>
      ) : (
        <Button variant="default" onClick={() => setAsking("failed")}>
          Mark as failed
        </Button>
      )}
      <ConfirmDialog
        opened={asking === "retry"}
        onClose={close}
        title={`Run ${title} again on ${where}?`}
        confirmLabel={`Run ${title} again`}
        danger={job.danger === "dangerous"}
        {...(job.danger === "dangerous" && member ? { typed: member.hostname } : {})}
        busy={resolve.isPending}
        problem={resolve.error}
        onConfirm={() => resolve.mutate("retry")}
      >
        <p>
          {job.idempotent
            ? "Running it twice does no harm, also when the first time went through."
            : "It may have run already, wholly or in part. Look at the host first: the second run repeats it."}
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        opened={asking === "failed"}
        onClose={close}
        title={`Mark ${title} as failed?`}
        confirmLabel="Mark as failed"
        busy={resolve.isPending}
        problem={resolve.error}
        onConfirm={() => resolve.mutate("failed")}
      >
        <p>Nothing is run. A result that its agent sends later is kept as evidence and changes nothing.</p>
      </ConfirmDialog>
    </div>
  );
}
