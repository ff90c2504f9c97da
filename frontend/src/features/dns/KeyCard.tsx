import { ActionIcon, Menu } from "@mantine/core";
import {
  IconDots,
  IconPencil,
  IconPlugConnected,
  IconRefresh,
  IconStar,
  IconTrash,
  IconWorld,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";
import { useLack } from "../../api/session";
import { plural } from "../../lib/numbers";
import { Pill, ToneIcon } from "../../ui/Pill";
import { ProblemNote } from "../../ui/ProblemNote";
import { Ago } from "../../ui/time/Moment";
import { toast } from "../../ui/toast";
import { WhyButton } from "../../ui/WhyButton";
import c from "./keys.module.css";
import { maskedSecret, type ProviderKey, type ProviderKind } from "./keysOfProviders";
import type { KeyDialog } from "./search";

interface Props {
  saved: ProviderKey;
  kind: ProviderKind | undefined;
  /** The key that is global now, for the way back. */
  globalKey: ProviderKey | undefined;
  onDialog: (dialog: KeyDialog) => void;
}

/** One saved key: what it is for, who uses it, and what its provider last said of it. */
export function KeyCard({ saved, kind, globalKey, onDialog }: Props) {
  const client = useQueryClient();
  const mayTest = useLack("operator");
  const mayChange = useLack("admin");
  const fresh = () => client.invalidateQueries({ queryKey: keys.credentials });
  const path = { params: { path: { credentialId: saved.id } } };
  const test = useMutation({
    mutationFn: () => take(api.POST("/api/provider-credentials/{credentialId}/test", path)),
    onSettled: fresh,
  });
  const makeGlobal = useMutation({
    mutationFn: (credentialId: string) =>
      take(
        api.PATCH("/api/provider-credentials/{credentialId}", {
          params: { path: { credentialId } },
          body: { isGlobal: true },
        }),
      ),
    onSuccess: (now) => {
      void fresh();
      const before = globalKey && globalKey.id !== now.id ? globalKey.id : null;
      toast.done(`${now.name} is the global key.`, before ? () => makeGlobal.mutate(before) : undefined);
    },
    onError: (error) => toast.failed(error),
  });
  const canBeGlobal = saved.kind === "cloudflare" && !saved.isGlobal;
  return (
    <article className={c["key"]} aria-label={saved.name}>
      <header className={c["keyHead"]}>
        <div className={c["keyName"]}>
          <h2 className="wrap">{saved.name}</h2>
          <p>{kind?.title ?? saved.kind}</p>
        </div>
        <Menu>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`More actions for ${saved.name}`}>
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Item why={mayChange} icon={<IconRefresh size={16} />} onClick={() => onDialog("rotate")}>
              Rotate the secret
            </Item>
            <Item why={mayChange} icon={<IconPencil size={16} />} onClick={() => onDialog("edit")}>
              Edit name and settings
            </Item>
            {canBeGlobal && (
              <Item why={mayChange} icon={<IconStar size={16} />} onClick={() => makeGlobal.mutate(saved.id)}>
                Make it the global key
              </Item>
            )}
            <Menu.Divider />
            <Item why={mayChange} icon={<IconTrash size={16} />} danger onClick={() => onDialog("delete")}>
              Delete the key
            </Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      <div className={c["keyMarks"]}>
        <Pill tone={saved.scope === "dns" ? "info" : "idle"} icon={false}>
          {saved.scope === "dns" ? "DNS only" : "Account operations"}
        </Pill>
        {saved.isGlobal && (
          <Pill tone="active" icon={false}>
            Global
          </Pill>
        )}
        {saved.secrets.map((secret) => (
          <span key={secret.name} className={`${c["masked"]} mono`}>
            <span className="vh">Secret ends in </span>
            {maskedSecret(secret.lastFour)}
          </span>
        ))}
      </div>
      <dl className={c["keyFacts"]}>
        <div>
          <dt>Used by</dt>
          <dd className="wrap">{saved.usedBy.length === 0 ? "No pool yet" : namesLine(saved.usedBy)}</dd>
        </div>
        <div>
          <dt>Secret</dt>
          <dd>
            {saved.rotatedAt ? (
              <>
                Rotated <Ago at={saved.rotatedAt} />
              </>
            ) : (
              <>
                Stored <Ago at={saved.createdAt} />
              </>
            )}
          </dd>
        </div>
      </dl>
      <LastTest saved={saved} />
      {test.error && <ProblemNote problem={test.error} />}
      <footer className={c["keyFoot"]}>
        <WhyButton
          why={mayTest}
          size="xs"
          variant="default"
          leftSection={<IconPlugConnected size={15} aria-hidden />}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          Test now
        </WhyButton>
        <WhyButton
          why={mayTest}
          size="xs"
          variant="default"
          leftSection={<IconWorld size={15} aria-hidden />}
          onClick={() => onDialog("zones")}
        >
          Zones
        </WhyButton>
      </footer>
    </article>
  );
}

function LastTest({ saved }: { saved: ProviderKey }) {
  const report = saved.testReport;
  if (!report || !saved.testedAt) {
    return (
      <p className={c["told"]} data-tone="idle">
        <ToneIcon tone="idle" size={16} />
        <span>Not tested yet with its present secret.</span>
      </p>
    );
  }
  return (
    <div className={c["told"]} data-tone={report.ok ? "ok" : "down"}>
      <ToneIcon tone={report.ok ? "ok" : "down"} size={16} />
      <div>
        <p className="wrap">
          {report.ok ? "Works." : "Failed."} {report.detail}
          {!report.ok && report.fix ? ` ${report.fix}` : ""}
        </p>
        <p className={c["quiet"]}>
          Tested <Ago at={saved.testedAt} />
          {report.ok && report.zones.length > 0 ? `, sees ${plural(report.zones.length, "zone")}` : ""}
          {report.expiresAt ? `, ends on ${report.expiresAt.slice(0, 10)}` : ""}
        </p>
      </div>
    </div>
  );
}

function namesLine(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

interface ItemProps {
  why: string | null;
  icon: React.ReactNode;
  danger?: boolean;
  onClick: () => void;
  children: string;
}

/** A line of the menu; where it cannot be used, its reason stands below it. */
function Item({ why, icon, danger = false, onClick, children }: ItemProps) {
  return (
    <Menu.Item
      leftSection={icon}
      {...(danger ? { color: "red" } : {})}
      {...(why ? { "aria-disabled": true, "data-disabled": true, closeMenuOnClick: false } : { onClick })}
    >
      {children}
      {why && <span className={c["itemWhy"]}>{why}</span>}
    </Menu.Item>
  );
}
