import { Button, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { type Me, useMe } from "../../api/session";
import { plural } from "../../lib/numbers";
import { Card } from "../../ui/Card";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { Section } from "../../ui/Section";
import { toast } from "../../ui/toast";
import c from "./account.module.css";
import { RecoveryCodes } from "./RecoveryCodes";
import { TotpSetUp } from "./TotpSetUp";

type Asks = "off" | "renew" | null;

/** Sign-in codes: set up, renew the recovery codes, turn off. */
export function TotpCard() {
  const client = useQueryClient();
  const email = useMe()?.user.email ?? "";
  const phone = useMediaQuery("(max-width: 600px)") ?? false;
  const state = useQuery({ queryKey: [...keys.account, "totp"], queryFn: () => take(api.GET("/api/auth/totp")) });
  const [begun, setBegun] = useState<Wire<"TotpBegunOut"> | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [asks, setAsks] = useState<Asks>(null);

  const changed = (totpEnabled: boolean) => {
    client.setQueryData<Me>(keys.me, (me) => me && { ...me, user: { ...me.user, totpEnabled } });
    void client.invalidateQueries({ queryKey: [...keys.account, "totp"] });
  };
  const begin = useMutation({ mutationFn: () => take(api.POST("/api/auth/totp")), onSuccess: setBegun });
  const renew = useMutation({
    mutationFn: () => take(api.POST("/api/auth/totp/recovery-codes")),
    onSuccess: ({ recoveryCodes }) => {
      setAsks(null);
      setCodes(recoveryCodes);
      changed(true);
    },
  });
  const turnOff = useMutation({
    mutationFn: () => take(api.DELETE("/api/auth/totp")),
    onSuccess: () => {
      setAsks(null);
      changed(false);
      toast.done("Sign-in codes are off. The password alone signs you in.");
    },
  });
  const open = (what: Asks) => {
    renew.reset();
    turnOff.reset();
    setAsks(what);
  };

  return (
    <Card title="Sign-in codes">
      <Section query={state}>
        {({ enabled, recoveryCodesLeft }) => (
          <div className={c["top"]}>
            <div className={c["verdict"]}>
              <ToneIcon tone={enabled ? (recoveryCodesLeft > 2 ? "ok" : "late") : "idle"} />
              <div>
                <p>
                  <strong>{enabled ? "Codes are on" : "Codes are off"}</strong>
                </p>
                <p className={c["more"]}>
                  {enabled
                    ? `Signing in takes the password and a code of your authenticator app. ${plural(recoveryCodesLeft, "recovery code")} left.`
                    : "With codes on, a stolen password alone opens nothing: signing in takes a code of an app on your phone too."}
                </p>
              </div>
            </div>
            <div className={c["foot"]}>
              {enabled ? (
                <>
                  <Button variant="default" onClick={() => open("renew")}>
                    New recovery codes
                  </Button>
                  <Button variant="default" onClick={() => open("off")}>
                    Turn codes off
                  </Button>
                </>
              ) : (
                <Button loading={begin.isPending} onClick={() => begin.mutate()}>
                  Set up sign-in codes
                </Button>
              )}
            </div>
          </div>
        )}
      </Section>
      {begin.error && (
        <div style={{ marginTop: 12 }}>
          <ProblemNote problem={begin.error} />
        </div>
      )}
      <Modal
        opened={begun !== null || codes !== null}
        onClose={() => setBegun(null)}
        title={<strong>{codes ? "Store your recovery codes" : "Set up sign-in codes"}</strong>}
        size={560}
        fullScreen={phone}
        closeOnClickOutside={false}
        closeOnEscape={codes === null}
        withCloseButton={codes === null}
      >
        {codes ? (
          <RecoveryCodes codes={codes} email={email} onDone={() => setCodes(null)} />
        ) : (
          begun && (
            <TotpSetUp
              begun={begun}
              onCancel={() => setBegun(null)}
              onEnabled={(made) => {
                setCodes(made);
                setBegun(null);
                changed(true);
              }}
            />
          )
        )}
      </Modal>
      <ConfirmDialog
        opened={asks === "off"}
        onClose={() => setAsks(null)}
        title="Turn sign-in codes off?"
        confirmLabel="Turn codes off"
        danger
        busy={turnOff.isPending}
        problem={turnOff.error}
        onConfirm={() => turnOff.mutate()}
      >
        Before: password and code. After: the password alone signs you in, and your recovery codes are void.
      </ConfirmDialog>
      <ConfirmDialog
        opened={asks === "renew"}
        onClose={() => setAsks(null)}
        title="Make new recovery codes?"
        confirmLabel="Make new codes"
        busy={renew.isPending}
        problem={renew.error}
        onConfirm={() => renew.mutate()}
      >
        You get ten new ones. The codes that you have stored stop working at once.
      </ConfirmDialog>
    </Card>
  );
}
