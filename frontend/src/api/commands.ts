import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "./client";

export type Command = Wire<"CommandOut">;

/** The catalogue changes with a release of the control plane only. */
export const commandsQuery = queryOptions({
  queryKey: ["commands"],
  queryFn: async () => (await take(api.GET("/api/commands"))).items,
  staleTime: 10 * 60_000,
});

const NONE: readonly Command[] = [];

/** The commands that can be ordered, and `titleOf(id)` for lists: the id itself until the catalogue is here. */
export function useCommands() {
  const query = useQuery(commandsQuery);
  const commands = query.data ?? NONE;
  return { query, commands, titleOf: (id: string) => titleIn(commands, id) };
}

export const titleIn = (commands: readonly Command[], id: string): string =>
  commands.find((command) => command.id === id)?.title ?? id;

/** What a command's `applies` can ask about a member, as its last heartbeat said it. */
export interface CommandHost {
  agentVersion: number | null;
  stacks: readonly string[];
}

/**
 * Why a command cannot run on this member, in a sentence, or null. A member that was never heard refuses nothing: the
 * server and the agent check again.
 */
export function unfitFor(command: Command, host: CommandHost | null): string | null {
  if (command.runsOn !== "agent") return "It runs in the control plane, for a pool.";
  if (host === null) return null;
  const since = command.applies["agentVersion"];
  if (typeof since === "number" && host.agentVersion !== null && host.agentVersion < since) {
    return `It needs agent version ${since}; this member runs ${host.agentVersion}.`;
  }
  const wanted = names(command.applies["stack"]);
  if (wanted.length > 0 && !wanted.some((stack) => host.stacks.includes(stack))) {
    return `It needs ${wanted.join(" or ")}, which this member does not report.`;
  }
  return null;
}

const names = (value: unknown): string[] =>
  typeof value === "string" ? [value] : Array.isArray(value) ? value.map(String) : [];
