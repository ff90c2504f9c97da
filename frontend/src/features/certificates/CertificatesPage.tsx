import { Button, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { asProblem } from "../../api/problem";
import { useLack } from "../../api/session";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Empty";
import { ProblemNote } from "../../ui/ProblemNote";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import { CertificateCard } from "./CertificateCard";
import { certificatesQuery } from "./certificateQueries";
import c from "./certificates.module.css";

/** The pool's certificates, issued and renewed by ACME through its DNS. */
export function CertificatesPage() {
  const { pool: poolId = "" } = useParams({ strict: false });
  const certificates = useQuery(certificatesQuery(poolId));
  return (
    <div className={c["page"]}>
      <Section
        query={certificates}
        isEmpty={(items) => items.length === 0}
        empty={
          <Empty
            action={
              <Link to="/pools/$pool/managed-dns" params={{ pool: poolId }}>
                Open Managed DNS
              </Link>
            }
          >
            No certificates yet. One needs a DNS key for the zone of its names, because the authority is answered in
            DNS; without names it is for the pool's own name in DNS.
          </Empty>
        }
      >
        {(items) => items.map((one) => <CertificateCard key={one.id} certificate={one} />)}
      </Section>
      <Issue poolId={poolId} />
    </div>
  );
}

function Issue({ poolId }: { poolId: string }) {
  const client = useQueryClient();
  const lack = useLack("operator");
  const [names, setNames] = useState<string[]>([]);
  const issue = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/pools/{poolId}/certificates", {
          params: { path: { poolId } },
          body: { names: names.length > 0 ? names : null },
        }),
      ),
    onSuccess: (made) => {
      toast.done(`A certificate for ${made.hostname} is being issued.`);
      setNames([]);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.pool(poolId) }),
  });
  const errors = issue.error ? asProblem(issue.error).errors : {};
  const atNames = Object.entries(errors)
    .find(([place]) => place.startsWith("names"))?.[1]
    .join(" ");
  const send = (event: FormEvent) => {
    event.preventDefault();
    issue.mutate();
  };
  return (
    <Card title="Issue a certificate">
      <form onSubmit={send} className={c["issue"]}>
        <TagsInput
          label="Names"
          description="Without names it is for the pool's name in DNS. Wildcards as *.example.com."
          splitChars={[",", " "]}
          acceptValueOnBlur
          value={names}
          onChange={setNames}
          error={atNames}
        />
        {lack === null ? (
          <Button type="submit" loading={issue.isPending}>
            Issue certificate
          </Button>
        ) : (
          <WhyButton why={lack}>Issue certificate</WhyButton>
        )}
      </form>
      <ProblemNote problem={issue.error} />
    </Card>
  );
}
