import type { Wire } from "../api/client";
import type { SchemaField, SchemaValues } from "./SchemaForm";

/** What a command or a recipe asks for, by name. */
export type Params = Readonly<Record<string, Wire<"ParamOut">>>;

/** Parameters as fields of a form. */
export const fieldsOfParams = (params: Params): SchemaField[] =>
  Object.entries(params).map(([name, spec]) => ({
    name,
    label: spec.title ?? name,
    help: spec.help,
    type: spec.type,
    required: spec.required,
    secret: spec.secret,
    choices: spec.choices?.map((choice) => (typeof choice === "number" ? choice : String(choice))),
    default: spec.default,
    min: spec.min,
    max: spec.max,
  }));

/** What a filled form sends. A choice of numbers comes back from the page as text. */
export function filledParams(params: Params, values: SchemaValues): Record<string, unknown> {
  const sent: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(params)) {
    const value = values[name];
    if (value === undefined || value === "") continue;
    sent[name] = spec.type === "integer" && typeof value === "string" ? Number(value) : value;
  }
  return sent;
}

/** What the browser can say before the server does: the same rules, the same words. */
export function wrongIn(params: Params, values: SchemaValues): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const [name, spec] of Object.entries(params)) {
    const value = values[name];
    const label = spec.title ?? name;
    if (value === undefined || value === "") {
      if (spec.required) wrong[name] = `${label} is needed.`;
    } else if (typeof value === "string" && spec.pattern && !whole(spec.pattern, value)) {
      wrong[name] = `Not allowed here: ${spec.help ?? spec.pattern}`;
    }
  }
  return wrong;
}

function whole(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(value);
  } catch {
    // A pattern of another dialect: the server judges.
    return true;
  }
}
