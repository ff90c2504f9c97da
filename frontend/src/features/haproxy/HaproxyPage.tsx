import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { usePoolMember } from "../../api/member";
import { useLack } from "../../api/session";
import { Empty } from "../../ui/Empty";
import { Section } from "../../ui/Section";
import { ApplyDialog } from "./ApplyDialog";
import { DriftBanner } from "./DriftBanner";
import c from "./haproxy.module.css";
import { type Haproxy, standingQuery } from "./haproxyQueries";
import { LookButton } from "./LookButton";
import { OpenVersion } from "./OpenVersion";
import { Standing } from "./Standing";
import { haproxySearch } from "./search";
import { VersionsTable } from "./VersionsTable";

/** HAProxy's configuration on one member: what should be live, what is, and every version of it. */
export function HaproxyPage() {
  const { pool: poolId = "", member: memberId = "" } = useParams({ strict: false });
  const member = usePoolMember(poolId, memberId);
  const standing = useQuery(standingQuery(memberId));
  if (member === undefined) return null;
  return (
    <Section query={standing}>
      {(haproxy) => <Known poolId={poolId} memberId={memberId} memberName={member.displayName} haproxy={haproxy} />}
    </Section>
  );
}

interface Props {
  poolId: string;
  memberId: string;
  memberName: string;
  haproxy: Haproxy;
}

function Known({ poolId, memberId, memberName, haproxy }: Props) {
  const { version: opened = null } = haproxySearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const lack = useLack("operator");
  const [over, setOver] = useState(false);
  const open = (version: string | undefined) =>
    void navigate({ to: ".", search: version === undefined ? {} : ({ version } as never), replace: true });
  const { head, current } = haproxy;
  return (
    <div className={c["page"]}>
      <Standing haproxy={haproxy} />
      {head === null ? (
        <Empty
          action={
            <div className={c["acts"]}>
              <LookButton
                primary
                memberId={memberId}
                label="Import configuration"
                lookJobId={haproxy.lookJobId}
                seen={haproxy.seen}
              />
            </div>
          }
        >
          Import the configuration of this host: it is read as it is and becomes version 1, from which every change
          goes.
        </Empty>
      ) : (
        <>
          {haproxy.drift.state === "changed" && (
            <DriftBanner
              memberId={memberId}
              memberName={memberName}
              haproxy={haproxy}
              onApplyOver={() => setOver(true)}
            />
          )}
          {current && (
            <ApplyDialog
              poolId={poolId}
              version={current}
              memberName={memberName}
              overwrite
              opened={over}
              onClose={() => setOver(false)}
              onBegun={() => open(current.id)}
            />
          )}
          <VersionsTable memberId={memberId} opened={opened} onOpen={open} />
          {opened !== null &&
            (lack === null ? (
              <OpenVersion
                key={opened}
                poolId={poolId}
                memberId={memberId}
                memberName={memberName}
                versionId={opened}
                head={head}
                onOpen={open}
              />
            ) : (
              <p className={c["about"]}>The text of a configuration may hold passwords. {lack}</p>
            ))}
        </>
      )}
    </div>
  );
}
