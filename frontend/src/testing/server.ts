import { HttpResponse, http, type JsonBodyType } from "msw";
import { setupServer } from "msw/node";

export const server = setupServer();

type Verb = "get" | "post" | "put" | "patch" | "delete";

/** Answer one operation in this test: `answers("get", "/api/pools", { items: [] })`. Returns the requests that came. */
export function answers(
  verb: Verb,
  path: string,
  body: JsonBodyType | ((request: Request) => JsonBodyType | Promise<JsonBodyType>),
  status = 200,
): Request[] {
  const came: Request[] = [];
  server.use(
    http[verb](`*${path}`, async ({ request }) => {
      came.push(request.clone());
      const value = typeof body === "function" ? await body(request) : body;
      if (status === 204) return new HttpResponse(null, { status });
      return HttpResponse.json(value, { status });
    }),
  );
  return came;
}

/** Refuse one operation as the server words refusals. */
export function refuses(
  verb: Verb,
  path: string,
  given: {
    status: number;
    code: string;
    detail: string;
    errors?: Record<string, string[]>;
    extra?: Record<string, JsonBodyType>;
    retryAfterSec?: number;
  },
): Request[] {
  const came: Request[] = [];
  server.use(
    http[verb](`*${path}`, ({ request }) => {
      came.push(request.clone());
      const { extra, retryAfterSec, ...document } = given;
      return HttpResponse.json(
        { type: `urn:serversctl:problem:${given.code}`, title: "Refused", ...document, ...extra },
        {
          status: given.status,
          headers: {
            "Content-Type": "application/problem+json",
            ...(retryAfterSec === undefined ? {} : { "Retry-After": String(retryAfterSec) }),
          },
        },
      );
    }),
  );
  return came;
}
