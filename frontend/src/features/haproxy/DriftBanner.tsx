import { TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Section } from "../../ui/Section";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { FileDiffs } from "./FileDiffs";
import c from "./haproxy.module.css";
import { driftQuery, type Haproxy } from "./haproxyQueries";
import { LookButton } from "./LookButton";

interface Props {
  memberId: string;
  memberName: string;
  haproxy: Haproxy;
  onApplyOver: () => void;
}

/** The host does not run what is stored: the difference, and the two ways to end it. */
export function DriftBanner({ memberId, memberName, haproxy, onApplyOver }: Props) {
  const lack = useLack("operator");
  const drift = useQuery({ ...driftQuery(memberId), enabled: lack === null });
  const [adopting, setAdopting] = useState(false);
  const number = haproxy.current?.number ?? 0;
  const unseen = drift.data?.fresh ? null : "Look at the host first: the difference is not known yet.";
  return (
    <section className={c["note"]} aria-label="Drift">
      <h2>The configuration was changed on the host</h2>
      <p>
        {memberName} does not run version {number}, which should be live there.{" "}
        {haproxy.drift.lookedAt && (
          <>
            Last look <Ago at={haproxy.drift.lookedAt} />.
          </>
        )}
      </p>
      {lack === null && (
        <Section query={drift}>
          {({ files, fresh }) =>
            fresh ? <FileDiffs files={files} none="The last look found no difference in the text." /> : null
          }
        </Section>
      )}
      <div className={c["acts"]}>
        <LookButton memberId={memberId} label="Look at the host" lookJobId={haproxy.lookJobId} seen={haproxy.seen} />
        <WhyButton why={lack ?? unseen} variant="default" onClick={() => setAdopting(true)}>
          Adopt what is on the host
        </WhyButton>
        <WhyButton why={lack} variant="default" onClick={onApplyOver}>
          Apply version {number} over it
        </WhyButton>
      </div>
      <Adopt memberId={memberId} number={number} opened={adopting} onClose={() => setAdopting(false)} />
    </section>
  );
}

function Adopt(props: { memberId: string; number: number; opened: boolean; onClose: () => void }) {
  const { memberId, number, opened, onClose } = props;
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const adopt = useMutation({
    mutationFn: () =>
      take(api.POST("/api/members/{memberId}/haproxy/adopt", { params: { path: { memberId } }, body: { reason } })),
    onSuccess: (made) => {
      toast.done(`Version ${made.number} is what the host runs.`);
      setReason("");
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.member(memberId) }),
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        adopt.reset();
        onClose();
      }}
      title="Adopt what is on the host?"
      confirmLabel="Adopt the host's configuration"
      busy={adopt.isPending}
      problem={adopt.error}
      onConfirm={() => adopt.mutate()}
    >
      <p>
        Before: version {number} should be live. After: what the host runs becomes a new version, and that should be
        live. Nothing changes on the host.
      </p>
      <TextInput
        label="Reason"
        description="Who reads the versions later sees it."
        maxLength={300}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
