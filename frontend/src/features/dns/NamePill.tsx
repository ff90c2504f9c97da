import type { PoolDns } from "../../api/pool";
import { Pill } from "../../ui/Pill";
import { stateWord } from "./nameWords";

/** In sync, Drift, Conflict, Failing or Unknown. */
export function NamePill({ state }: { state: PoolDns["state"] }) {
  const { tone, word } = stateWord(state);
  return <Pill tone={tone}>{word}</Pill>;
}
