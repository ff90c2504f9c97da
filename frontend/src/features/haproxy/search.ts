import { compact, type RawSearch, text } from "../../lib/search";

/** The version that is open in the page. */
export const haproxySearch = (raw: RawSearch): { version?: string } => compact({ version: text(raw, "version", 64) });
