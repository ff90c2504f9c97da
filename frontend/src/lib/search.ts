/** What an address may carry after "?": anything at all. These read it and drop what does not fit. */
export type RawSearch = Record<string, unknown>;

export function text(raw: RawSearch, name: string, longest = 200): string | undefined {
  const value = raw[name];
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, longest) : undefined;
}

export function oneOf<Choice extends string>(
  raw: RawSearch,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = raw[name];
  return choices.find((choice) => choice === value);
}

export function flag(raw: RawSearch, name: string): true | undefined {
  const value = raw[name];
  return value === true || value === "" || value === "true" || value === 1 || value === "1" ? true : undefined;
}

/** Without the undefined ones, so that addresses stay short. */
export function compact<Value extends Record<string, unknown>>(
  value: Value,
): { [Name in keyof Value]?: Exclude<Value[Name], undefined> } {
  const kept = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(kept) as { [Name in keyof Value]?: Exclude<Value[Name], undefined> };
}
