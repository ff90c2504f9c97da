import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../api/keys";
import { useLack } from "../api/session";
import { actOnWorkflow, type Workflow, type WorkflowAct, workflowQuery } from "../api/workflows";
import { ConfirmDialog } from "./ConfirmDialog";
import { toast } from "./toast";
import { WhyButton } from "./WhyButton";

const ACTS = {
  cancel: {
    button: "Cancel",
    verb: "Cancel",
    text: "No further step begins, and the step that runs is stopped. What is done until then stays done.",
    done: "The workflow was told to stop.",
  },
  retry: {
    button: "Retry",
    verb: "Retry",
    text: "The step that failed runs again, and the steps after it follow. Steps that are done are not repeated.",
    done: "The failed step is tried again.",
  },
  undo: {
    button: "Undo",
    verb: "Undo",
    text: "What the completed steps did is taken back, the last step first. Steps that cannot be taken back stay.",
    done: "The steps are being taken back.",
  },
} as const;

/** Cancel, retry and undo, each asked first. */
export function WorkflowActions({ flow }: { flow: Workflow }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const [asked, setAsked] = useState<WorkflowAct | null>(null);
  const act = useMutation({
    mutationFn: (chosen: WorkflowAct) => actOnWorkflow(flow.id, chosen),
    onSuccess: (now, chosen) => {
      client.setQueryData(workflowQuery(flow.id).queryKey, now);
      void client.invalidateQueries({ queryKey: keys.workflows });
      if (flow.memberId) void client.invalidateQueries({ queryKey: keys.member(flow.memberId) });
      toast.done(ACTS[chosen].done);
      setAsked(null);
    },
  });
  const can: Record<WorkflowAct, boolean> = { cancel: flow.canCancel, retry: flow.canRetry, undo: flow.canUndo };
  const offered = (["cancel", "retry", "undo"] as const).filter((one) => can[one]);
  const words = ACTS[asked ?? "cancel"];
  return (
    <>
      {offered.map((one) => (
        <WhyButton
          key={one}
          why={lack}
          size="xs"
          variant={one === "retry" ? "filled" : "default"}
          onClick={() => {
            act.reset();
            setAsked(one);
          }}
        >
          {ACTS[one].button}
        </WhyButton>
      ))}
      <ConfirmDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={`${words.verb}: ${flow.title}?`}
        confirmLabel={asked === "cancel" ? "Stop the workflow" : asked === "undo" ? "Undo the steps" : "Retry the step"}
        danger={asked !== "retry"}
        blocked={asked !== null && !can[asked] ? "It has moved on meanwhile: close this and look again." : null}
        busy={act.isPending}
        problem={act.error}
        onConfirm={() => asked && act.mutate(asked)}
      >
        <p>{words.text}</p>
      </ConfirmDialog>
    </>
  );
}
