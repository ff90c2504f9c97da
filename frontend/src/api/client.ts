import createClient from "openapi-fetch";
import { readProblem } from "./problem";
import type { components, paths } from "./schema";
import { send } from "./transport";

/** Every call of the dashboard goes through here, typed by the server's own OpenAPI document. */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: send });

/** A named shape of the wire, for example `Wire<"PoolOut">`. */
export type Wire<Name extends keyof components["schemas"]> = components["schemas"][Name];

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of a good answer. Throws Problem for every other. */
export async function take<Data>(call: Promise<Answer<Data>>): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await call;
  if (response.ok) return data as Exclude<Data, undefined>;
  // openapi-fetch has read the body already: what it read is in `error`.
  const body = typeof error === "string" ? error : JSON.stringify(error ?? null);
  throw await readProblem(new Response(body, { status: response.status, headers: response.headers }));
}

/** Read all pages of a list that is small by nature (channels, tokens, users); `most` bounds it all the same. */
export async function takeAll<Item>(
  page: (cursor: string | undefined) => Promise<{ items: Item[]; nextCursor?: string | null }>,
  most = 1000,
): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page(cursor);
    all.push(...items);
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined && all.length < most);
  return all;
}
