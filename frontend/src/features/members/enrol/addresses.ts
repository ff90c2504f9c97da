/** What was typed or pasted as addresses, without the commas and blanks between them and without doubles. */
export const cleanAddresses = (typed: readonly string[]): string[] => [
  ...new Set(typed.flatMap((one) => one.split(/[\s,;]+/)).filter((one) => one !== "")),
];
