/** A refusal as the server words it (RFC 9457), or what the browser knows when no answer came. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  /** Seconds to wait before another try, where the server said so. */
  readonly retryAfterSec: number | null;
  /** Further members of the document, for example `fix`. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** The id under which the server's log knows this request. */
  readonly requestId: string | null;

  constructor(given: {
    status: number;
    code: string;
    detail: string;
    errors?: Record<string, string[]>;
    extra?: Record<string, unknown>;
    retryAfterSec?: number | null;
    requestId?: string | null;
  }) {
    super(given.detail);
    this.name = "Problem";
    this.status = given.status;
    this.code = given.code;
    this.errors = given.errors ?? {};
    this.extra = given.extra ?? {};
    this.retryAfterSec = given.retryAfterSec ?? null;
    this.requestId = given.requestId ?? null;
  }
}

const STANDARD = new Set(["type", "title", "status", "code", "detail", "errors"]);

/** Reads the problem document of an answer. Anything else (a proxy's page, an empty body) becomes one with a plain sentence. */
export async function readProblem(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("Retry-After"));
  const common = {
    status: response.status,
    retryAfterSec: Number.isFinite(wait) && wait > 0 ? wait : null,
    requestId: response.headers.get("X-Request-Id"),
  };
  try {
    const body: unknown = await response.clone().json();
    if (isRecord(body) && typeof body["code"] === "string" && typeof body["detail"] === "string") {
      return new Problem({
        ...common,
        code: body["code"],
        detail: body["detail"],
        errors: isRecord(body["errors"]) ? (body["errors"] as Record<string, string[]>) : {},
        extra: Object.fromEntries(Object.entries(body).filter(([name]) => !STANDARD.has(name))),
      });
    }
  } catch {
    // Not JSON: the sentence below has to do.
  }
  return new Problem({ ...common, code: `http_${response.status}`, detail: plainSentence(response.status) });
}

/** What went wrong when no answer came at all. */
export function noAnswer(): Problem {
  return new Problem({
    status: 0,
    code: "no_answer",
    detail: "The control plane does not answer. Check the network; nothing that you typed is lost.",
  });
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ status: 0, code: "unexpected", detail: error instanceof Error ? error.message : String(error) });
}

function plainSentence(status: number): string {
  if (status === 413) return "That is more than the control plane takes in one request: send less.";
  if (status >= 500)
    return "Something in front of the control plane, or the control plane itself, failed. Try again in a few seconds.";
  return `The request was refused with status ${status}.`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
