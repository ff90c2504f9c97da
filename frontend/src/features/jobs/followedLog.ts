import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { keys } from "../../api/keys";

export interface LogText {
  text: string;
  /** True size of the output, also of what is left out. */
  sizeBytes: number;
  ended: boolean;
}

type Part = { text: string; offset: number; nextOffset: number; sizeBytes: number; ended: boolean };

/** The log so far with a new part of it. A part that begins at 0 replaces everything: the log was rewritten. */
export function joined(known: LogText | undefined, part: Part): LogText {
  const before = part.offset === 0 ? "" : (known?.text ?? "").slice(0, part.offset);
  return { text: before + part.text, sizeBytes: part.sizeBytes, ended: part.ended };
}

/**
 * Where to read on. Output beyond what is kept changes in the middle (head and tail stay), so that log is read whole
 * each time; it is small by then.
 */
export const nextOffset = (known: LogText | undefined): number =>
  known === undefined || known.sizeBytes > KEPT_WHOLE ? 0 : known.text.length;

const KEPT_WHOLE = 100_000;
const FOLLOW_MS = 1_500;

export const logKey = (id: string) => [...keys.job(id), "log"] as const;

/** A job's output, followed while it runs unless `paused`. Only what is new is fetched. */
export function useJobLog(id: string, over: boolean, paused: boolean) {
  const client = useQueryClient();
  return useQuery(
    queryOptions({
      queryKey: logKey(id),
      queryFn: async () => {
        const known = client.getQueryData<LogText>(logKey(id));
        const query = { offset: nextOffset(known) };
        return joined(known, await take(api.GET("/api/jobs/{jobId}/log", { params: { path: { jobId: id }, query } })));
      },
      // What was shown is never thrown away while somebody looks: parts are joined to it.
      staleTime: 1_000,
      refetchInterval: ({ state }) => (paused || (over && state.data?.ended) ? false : over ? 3_000 : FOLLOW_MS),
    }),
  );
}
