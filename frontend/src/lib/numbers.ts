const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);
export const brief = (value: number): string =>
  Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value);
export const percent = (value: number): string => `${Math.round(value)}%`;

/** "1 member", "2 members". */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
