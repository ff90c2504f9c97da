import { compact, type RawSearch, text } from "../../lib/search";

/** The recipe whose dialog is open. */
export const recipesSearch = (raw: RawSearch): { run?: string } => compact({ run: text(raw, "run", 64) });
