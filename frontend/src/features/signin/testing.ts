import type { Registration } from "./registration";

/** Real shapes for the tests of this room. */
export const registration = (given: Partial<Registration> = {}): Registration => ({
  open: true,
  setupRequired: false,
  brand: "ServersCTL",
  edition: "selfhosted",
  mail: true,
  ...given,
});
