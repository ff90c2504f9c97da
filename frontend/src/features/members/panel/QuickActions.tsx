import { Tooltip } from "@mantine/core";
import {
  IconDownload,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlugConnected,
  IconPlugConnectedX,
  IconRefresh,
  IconRotateClockwise,
  IconTerminal2,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Command, unfitFor, useCommands } from "../../../api/commands";
import type { HostFacts } from "../../../api/facts";
import { orderForMember } from "../../../api/jobs";
import { keys } from "../../../api/keys";
import type { PoolMember } from "../../../api/pool";
import { useLack } from "../../../api/session";
import { useLive } from "../../../api/stream/live";
import { Card } from "../../../ui/Card";
import { Section } from "../../../ui/Section";
import { toast } from "../../../ui/toast";
import { OrderDialog } from "./OrderDialog";
import c from "./panel.module.css";
import { hostOf } from "./standing";

const ICONS: Record<string, typeof IconRefresh> = {
  "agent.update": IconDownload,
  "haproxy.reload": IconRefresh,
  "haproxy.restart": IconRotateClockwise,
  "haproxy.start": IconPlayerPlay,
  "haproxy.stop": IconPlayerStop,
  "haproxy.provision": IconDownload,
  "haproxy.admin_socket_enable": IconPlugConnected,
  "haproxy.admin_socket_disable": IconPlugConnectedX,
};

/** A command as it would be ordered here and now. */
export interface Action {
  command: Command;
  label: string;
  params: Record<string, unknown>;
  badge: string | null;
}

/**
 * The commands that exist, fit this member and make sense in its present state. Those that need a parameter have their
 * own place: servers on the Status page, the secret in the settings.
 */
export function actionsFor(commands: readonly Command[], member: PoolMember, facts: HostFacts | null): Action[] {
  const haproxy = facts?.haproxy ?? null;
  const host = hostOf(member);
  return commands
    .filter((command) => command.id !== "agent.rotate_secret" && unfitFor(command, host) === null)
    .filter((command) => !Object.values(command.params).some((param) => param.required))
    .filter((command) => {
      if (command.id === "haproxy.start") return haproxy !== null && !haproxy.active;
      if (command.id === "haproxy.stop") return haproxy?.active === true;
      if (command.id === "haproxy.admin_socket_enable") return haproxy !== null && !haproxy.adminSocket;
      if (command.id === "haproxy.admin_socket_disable") return haproxy?.adminSocket === true;
      if (command.id === "haproxy.provision") return haproxy !== null || member.template === "haproxy_edge";
      return true;
    })
    .map((command) => {
      const again = command.id === "haproxy.provision" && haproxy !== null;
      return {
        command,
        label: again ? "Re-install HAProxy" : command.title,
        params: again ? { force: true } : {},
        badge: command.id === "agent.update" && member.agentOutdated ? "new" : null,
      };
    })
    .sort((a, b) => Number(isGrave(a.command)) - Number(isGrave(b.command)));
}

const isGrave = (command: Command): boolean => command.danger === "dangerous";
/** Asked about first: what stops HAProxy or drops connections. */
const asksFirst = (command: Command): boolean => isGrave(command) || command.stopsHaproxy;

const DOUBLE_CLICK_MS = 700;

interface Props {
  member: PoolMember;
  facts: HostFacts | null;
  /** The command whose dialog the address has open. */
  open: string | undefined;
  onOpen: (command: string | undefined) => void;
}

export function QuickActions({ member, facts, open, onOpen }: Props) {
  const { query, commands } = useCommands();
  const client = useQueryClient();
  const lackOperator = useLack("operator");
  const lackAdmin = useLack("admin");
  const { stale } = useLive();
  const sending = useRef(new Set<string>());
  const [busy, setBusy] = useState<string | null>(null);
  const actions = actionsFor(commands, member, facts);
  const asked = actions.find((action) => action.command.id === open && asksFirst(action.command));

  const why = (command: Command): string | null => {
    if (member.heartbeat?.agentVersion == null)
      return "No agent has been heard here yet: run the install command first.";
    if (facts?.policy.fault) return "The host's policy file is faulty, so its agent accepts nothing.";
    if (facts?.policy.deny.includes(command.id) || facts?.policy.denyDanger.includes(command.danger)) {
      return "The host's own policy does not allow it.";
    }
    if (stale && asksFirst(command)) return "The page is not up to date: wait until it is live again.";
    return isGrave(command) ? lackAdmin : lackOperator;
  };
  const order = async (action: Action) => {
    const { id } = action.command;
    if (sending.current.has(id)) return;
    sending.current.add(id);
    setBusy(id);
    try {
      await orderForMember(member.id, { command: id, params: action.params }, crypto.randomUUID());
      toast.done(`${action.label}: ordered. It runs on the next heartbeat.`);
      await client.invalidateQueries({ queryKey: keys.jobs });
    } catch (error) {
      toast.failed(error);
    } finally {
      setBusy(null);
      // The second half of a double click is not a second order, however fast the first one was taken.
      setTimeout(() => sending.current.delete(id), DOUBLE_CLICK_MS);
    }
  };

  return (
    <Card title="Quick actions">
      <Section
        query={query}
        isEmpty={() => actions.length === 0}
        empty={<p className={c["about"]}>No command fits this member.</p>}
      >
        {() => (
          <div className={c["actions"]}>
            {actions.map((action) => {
              const Icon = ICONS[action.command.id] ?? IconTerminal2;
              const off = why(action.command);
              return (
                <Tooltip key={action.command.id} label={off ?? action.command.description} multiline maw={300}>
                  <button
                    type="button"
                    className={c["action"]}
                    data-danger={isGrave(action.command)}
                    aria-disabled={off !== null || busy === action.command.id}
                    aria-description={off ?? action.command.description}
                    onClick={() => {
                      if (off !== null) return;
                      if (asksFirst(action.command)) onOpen(action.command.id);
                      else void order(action);
                    }}
                  >
                    <Icon size={17} aria-hidden />
                    <span>{action.label}</span>
                    {action.badge && <em>{action.badge}</em>}
                  </button>
                </Tooltip>
              );
            })}
          </div>
        )}
      </Section>
      <OrderDialog
        action={asked ?? null}
        member={member}
        blocked={asked ? why(asked.command) : null}
        onClose={() => onOpen(undefined)}
      />
    </Card>
  );
}
