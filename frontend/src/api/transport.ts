import { learnServerTime } from "./clock";
import { noAnswer, readProblem } from "./problem";

/** Asks a person to sign in again, or to confirm with the password; resolves to whether they did. */
export type Gate = () => Promise<boolean>;

let csrf: string | null = null;
let signInAgain: Gate | null = null;
let stepUp: Gate | null = null;
let leaving: Promise<boolean> | null = null;

/** The token that changes must carry; the server gives it with /api/auth/me. */
export function setCsrfToken(token: string | null): void {
  csrf = token;
}

/** Install the two dialogs. Until then, and without them, the refusal itself is the answer. */
export function setGates(gates: { signInAgain: Gate | null; stepUp: Gate | null }): void {
  signInAgain = gates.signInAgain;
  stepUp = gates.stepUp;
}

const OWN_BUSINESS = /\/api\/auth\/(login|register|registration|me|step-up|reset|logout)/;

/**
 * `fetch` for the API client. A session that ended, or an action that wants the password once more, asks the person and
 * then sends the same request again: the page below keeps everything that was typed.
 */
export async function send(request: Request): Promise<Response> {
  const response = await once(request);
  if (OWN_BUSINESS.test(request.url) || (response.status !== 401 && response.status !== 403)) return response;
  const gate = await gateFor(response);
  if (gate === null || !(await ask(gate))) return response;
  return once(request);
}

async function once(request: Request): Promise<Response> {
  const copy = request.clone();
  if (csrf !== null && copy.method !== "GET" && copy.method !== "HEAD") copy.headers.set("X-CSRF-Token", csrf);
  let response: Response;
  try {
    response = await fetch(copy);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw noAnswer();
  }
  learnServerTime(response.headers.get("Date"));
  return response;
}

async function gateFor(response: Response): Promise<Gate | null> {
  const { code } = await readProblem(response);
  if (code === "not_signed_in" || code === "csrf_token_wrong") return signInAgain;
  if (code === "step_up_required") return stepUp;
  return null;
}

// Ten requests that find the session gone show one dialog.
function ask(gate: Gate): Promise<boolean> {
  leaving ??= gate().finally(() => {
    leaving = null;
  });
  return leaving;
}
