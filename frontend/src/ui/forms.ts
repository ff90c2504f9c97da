import type { UseFormReturnType } from "@mantine/form";
import { asProblem, type Problem } from "../api/problem";

/**
 * Put a refusal where it belongs: sentences of known fields at the fields, with the focus on the first of them.
 * Returns the problem when something is left that no field can show, else null.
 */
export function placeProblem<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  error: unknown,
  names: Readonly<Record<string, string>> = {},
): Problem | null {
  const problem = asProblem(error);
  const values = form.getValues();
  const known: Record<string, string> = {};
  let left = Object.keys(problem.errors).length === 0;
  for (const [place, sentences] of Object.entries(problem.errors)) {
    const name = names[place] ?? names[place.split(".")[0] ?? ""] ?? fieldOf(place, values);
    if (name === null) left = true;
    else known[name] = sentences.join(" ");
  }
  form.setErrors(known);
  focusFirst(form, Object.keys(known)[0]);
  return left ? problem : null;
}

/** For `form.onSubmit(save, focusInvalid(form))`: the first field that is wrong gets the focus. */
export function focusInvalid<Values extends Record<string, unknown>>(form: UseFormReturnType<Values>) {
  return (errors: Record<string, unknown>): void => focusFirst(form, Object.keys(errors)[0]);
}

function focusFirst<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  name: string | undefined,
): void {
  if (name !== undefined) setTimeout(() => form.getInputNode(name)?.focus());
}

function fieldOf(place: string, values: Record<string, unknown>): string | null {
  if (place in values) return place;
  const [first = ""] = place.split(".");
  return first in values ? first : null;
}
