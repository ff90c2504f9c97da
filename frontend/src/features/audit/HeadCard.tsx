import { useQuery } from "@tanstack/react-query";
import { count } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { CopyButton } from "../../ui/CopyButton";
import { Facts } from "../../ui/Facts";
import { Section } from "../../ui/Section";
import { Moment } from "../../ui/time/Moment";
import c from "./audit.module.css";
import { headQuery } from "./entries";

/** The signed end of the chain: kept elsewhere, it pins everything that came before. */
export function HeadCard() {
  const head = useQuery(headQuery);
  return (
    <Card title="Signed end of the trail" className={c["head"]}>
      <p>
        Each entry carries the fingerprint of the one before it. Copy this and keep it somewhere else: later it proves
        that nothing up to here was changed or taken away.
      </p>
      <Section query={head}>
        {(signed) => (
          <>
            <Facts
              items={[
                [
                  "Entries",
                  <span key="seq" className="num">
                    {count(signed.seq)}
                  </span>,
                ],
                [
                  "Fingerprint",
                  <code key="hash" className="mono">
                    {signed.hash}
                  </code>,
                ],
                ["Signed", <Moment key="at" at={signed.at} />],
                [
                  "Public key",
                  <code key="key" className="mono">
                    {signed.publicKey}
                  </code>,
                ],
              ]}
            />
            <div style={{ marginTop: 14 }}>
              <CopyButton value={JSON.stringify(signed, null, 2)} label="Copy the signed end as JSON" />
            </div>
          </>
        )}
      </Section>
    </Card>
  );
}
