import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { keys } from "../../api/keys";
import { useOverview } from "../../api/pool";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { WorkflowSteps } from "../../ui/WorkflowSteps";
import { ApplyDialog } from "./ApplyDialog";
import { CheckResult } from "./CheckResult";
import { spanOfLine } from "./draft";
import { Editor } from "./Editor";
import { FileDiffs } from "./FileDiffs";
import c from "./haproxy.module.css";
import { diffQuery, orderCheck, type Version, versionQuery, type WholeVersion } from "./haproxyQueries";

interface Props {
  poolId: string;
  memberId: string;
  memberName: string;
  versionId: string;
  head: Version;
  onOpen: (versionId: string) => void;
}

/** One version opened in the page: its text, its check, its difference, and the way onto members. */
export function OpenVersion(props: Props) {
  const version = useQuery(versionQuery(props.memberId, props.versionId));
  return <Section query={version}>{(data) => <Opened {...props} version={data} />}</Section>;
}

function Opened({ poolId, memberId, memberName, head, version, onOpen }: Props & { version: WholeVersion }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const field = useRef<HTMLTextAreaElement>(null);
  const [path, setPath] = useState(version.texts[0]?.path ?? "");
  const [applying, setApplying] = useState(false);
  const members = useOverview(poolId).data?.members;
  const names = useMemo(() => new Map(members?.map((one) => [one.id, one.displayName])), [members]);
  const diff = useQuery(diffQuery(memberId, version.id));
  const check = useMutation({
    mutationFn: () => orderCheck(version.id),
    onSuccess: () => toast.done("The host checks it on the next heartbeat."),
    onError: toast.failed,
    onSettled: () => client.invalidateQueries({ queryKey: keys.member(memberId) }),
  });
  const show = (wanted: string, line: number) => {
    setPath(wanted);
    // After the file's text is in the field.
    setTimeout(() => {
      const area = field.current;
      if (!area) return;
      area.focus();
      area.setSelectionRange(...spanOfLine(area.value, line));
      area.scrollTop = Math.max(0, line - 8) * 20;
    });
  };
  return (
    <>
      <Card title={`Version ${version.number}`}>
        {version.error && (
          <p className={c["note"]} data-tone={version.state === "failed" ? "down" : "late"}>
            {version.state === "reverted" ? "It was taken back: " : ""}
            {version.error}
          </p>
        )}
        <div className={c["acts"]}>
          <WhyButton why={lack} variant="default" loading={check.isPending} onClick={() => check.mutate()}>
            Check
          </WhyButton>
          <WhyButton
            why={
              lack ?? (version.check?.valid === false ? "Its check found errors: mend them in a new version." : null)
            }
            onClick={() => setApplying(true)}
          >
            Apply…
          </WhyButton>
          <CheckResult version={version} onLine={show} />
        </div>
        <ApplyDialog
          poolId={poolId}
          version={version}
          memberName={memberName}
          opened={applying}
          onClose={() => setApplying(false)}
          onBegun={() => setApplying(false)}
        />
      </Card>
      {version.workflowId && (
        <Card title="Roll-out">
          <WorkflowSteps id={version.workflowId} names={names} />
        </Card>
      )}
      <Card title="Files">
        <Editor
          memberId={memberId}
          version={version}
          head={head}
          path={path}
          onPath={setPath}
          field={field}
          onOpen={onOpen}
        />
      </Card>
      <Card
        title={version.baseId === null ? "Everything is new in it" : "Difference from the version it was made from"}
      >
        <Section query={diff}>{(files) => <FileDiffs files={files} none="There is no difference." />}</Section>
      </Card>
    </>
  );
}
