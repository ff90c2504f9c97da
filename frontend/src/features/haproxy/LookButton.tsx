import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { followedJob, isOver } from "../../api/jobs";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./haproxy.module.css";
import { orderLook } from "./haproxyQueries";

interface Props {
  memberId: string;
  label: string;
  lookJobId: string | null;
  seen: boolean;
  primary?: boolean;
}

/** Orders a read of the live configuration and says how far the last one is. */
export function LookButton({ memberId, label, lookJobId, seen, primary = false }: Props) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const job = useQuery({ ...followedJob(lookJobId ?? ""), enabled: lookJobId !== null }).data;
  const look = useMutation({
    mutationFn: () => orderLook(memberId),
    onSuccess: () => toast.done("The configuration is read on the next heartbeat."),
    onError: toast.failed,
    onSettled: () => client.invalidateQueries({ queryKey: keys.member(memberId) }),
  });
  const open = job !== undefined && !isOver(job);
  const why =
    lack ??
    (seen ? null : "The agent does not report HAProxy on this host, so there is nothing to read.") ??
    (open ? "It is being read now." : null);
  return (
    <>
      <WhyButton
        why={why}
        variant={primary ? "filled" : "default"}
        loading={look.isPending}
        onClick={() => look.mutate()}
      >
        {label}
      </WhyButton>
      {job && (open || job.status !== "completed") && (
        <span className="wrap" role="status">
          {open ? "Reading the host." : `The last read did not succeed: ${job.error ?? job.status}`}{" "}
          <Link to="/jobs/$job" params={{ job: job.id }} className={c["open"]}>
            Job
          </Link>
        </span>
      )}
    </>
  );
}
