import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Pill } from "../../ui/Pill";
import { Ago, Moment } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { type Certificate, type Install, installWords, STATE_WORDS } from "./certificateQueries";
import c from "./certificates.module.css";

/** One certificate: what it covers, until when, where it is, and what went wrong last. */
export function CertificateCard({ certificate }: { certificate: Certificate }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const lack = useLack("operator");
  const { id, poolId, hostname, lastError } = certificate;
  const refresh = { onError: toast.failed, onSettled: () => client.invalidateQueries({ queryKey: keys.pool(poolId) }) };
  const where = { params: { path: { certificateId: id } } };
  const renew = useMutation({
    mutationFn: () => take(api.POST("/api/certificates/{certificateId}/renew", where)),
    onSuccess: () => toast.done(`${hostname} is being renewed.`),
    ...refresh,
  });
  const install = useMutation({
    mutationFn: (memberId: string | null) =>
      take(api.POST("/api/certificates/{certificateId}/install", { ...where, body: { memberId } })),
    onSuccess: () => toast.done(`${hostname} is installed on the next heartbeats.`),
    ...refresh,
  });
  const configure = useMutation({
    mutationFn: (memberId: string) =>
      take(api.POST("/api/certificates/{certificateId}/configure", { ...where, body: { memberId } })),
    onSuccess: (made) => {
      toast.done(`Version ${made.number} is a draft with the certificate: check it, then apply it.`);
      return navigate({
        to: "/pools/$pool/members/$member/haproxy",
        params: { pool: poolId, member: made.memberId },
        search: { version: made.versionId },
      });
    },
    onError: toast.failed,
  });
  const { word, tone } = STATE_WORDS[certificate.state];
  const busy = certificate.jobId === null ? null : "A job works on it now.";
  const missing = certificate.fingerprint === null ? "It is not issued yet." : null;
  const until = certificate.notAfter === null ? "Not issued yet" : <Moment at={certificate.notAfter} />;
  const renewal = certificate.nextRenewalAt === null ? "Not planned" : <Ago at={certificate.nextRenewalAt} />;
  return (
    <Card title={hostname} right={<Pill tone={tone}>{word}</Pill>}>
      <Facts
        items={[
          ["Names", certificate.names.join(", ")],
          ["Valid until", until],
          ["Next renewal", renewal],
          ["File on members", certificate.file],
        ]}
      />
      {lastError && (
        <p className={c["error"]} role="note">
          {lastError.detail} {lastError.at && <Ago at={lastError.at} />}
        </p>
      )}
      <div className={c["acts"]}>
        <WhyButton why={lack ?? busy} size="xs" loading={renew.isPending} onClick={() => renew.mutate()}>
          Renew now
        </WhyButton>
        <WhyButton
          why={lack ?? missing}
          size="xs"
          variant="default"
          loading={install.isPending}
          onClick={() => install.mutate(null)}
        >
          Install again
        </WhyButton>
        {certificate.jobId && (
          <Link to="/jobs/$job" params={{ job: certificate.jobId }}>
            Job
          </Link>
        )}
      </div>
      {certificate.installs.length > 0 && (
        <ul className={c["installs"]} aria-label={`Members with ${hostname}`}>
          {certificate.installs.map((one) => (
            <InstallRow
              key={one.memberId}
              install={one}
              lack={lack}
              busy={configure.isPending}
              onConfigure={() => configure.mutate(one.memberId)}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

interface RowProps {
  install: Install;
  lack: string | null;
  busy: boolean;
  onConfigure: () => void;
}

function InstallRow({ install, lack, busy, onConfigure }: RowProps) {
  const { word, tone } = installWords(install);
  return (
    <li>
      <strong className="wrap">{install.memberName}</strong>
      <Pill tone={tone}>{word}</Pill>
      {install.inUse === true && <span>HAProxy uses it.</span>}
      {install.inUse === false && <span>HAProxy's configuration does not name it.</span>}
      {install.detail && <span className="wrap">{install.detail}</span>}
      {install.inUse !== true && (
        <WhyButton
          why={lack ?? (install.state === "installed" ? null : "The member does not have the certificate yet.")}
          size="xs"
          variant="default"
          loading={busy}
          onClick={onConfigure}
        >
          Add the ssl crt line
        </WhyButton>
      )}
    </li>
  );
}
