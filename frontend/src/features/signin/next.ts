const HOME = "/fleet";
const HERE = "https://here.invalid";
const BEFORE_SIGN_IN = /^\/(login|register|reset)(\/|$)/;

/**
 * Where to go after sign-in, as the router wants it (without /app). An address that leaves the dashboard, by another
 * origin or by one of the spellings that browsers take for one, becomes the fleet.
 */
export function safeNext(next: string | undefined): string {
  if (next === undefined || !next.startsWith("/")) return HOME;
  let url: URL;
  try {
    url = new URL(next, HERE);
  } catch {
    return HOME;
  }
  if (url.origin !== HERE) return HOME;
  const path = url.pathname.replace(/^\/app(?=\/|$)/, "") || "/";
  if (path.startsWith("//") || path === "/" || BEFORE_SIGN_IN.test(path)) return HOME;
  return `${path}${url.search}${url.hash}`;
}
