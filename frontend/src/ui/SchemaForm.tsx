import { Checkbox, NumberInput, PasswordInput, Select, TagsInput, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

/** One field as the server describes it: of a DNS provider, a notification channel or a command. */
export interface SchemaField {
  name: string;
  label: string;
  help?: string | undefined;
  type: "string" | "text" | "integer" | "boolean" | "list";
  required?: boolean | undefined;
  secret?: boolean | undefined;
  choices?: readonly (string | number)[] | undefined;
  default?: unknown;
  min?: number | undefined;
  max?: number | undefined;
  /** What stands in an empty secret field: "ends in 9f3c; leave empty to keep it". */
  hint?: string | undefined;
}

export type SchemaValues = Record<string, string | number | boolean | string[]>;

/** What the form begins with. */
export function initialValues(
  fields: readonly SchemaField[],
  known: Readonly<Record<string, unknown>> = {},
): SchemaValues {
  return Object.fromEntries(fields.map((field) => [field.name, initial(field, known[field.name] ?? field.default)]));
}

function initial(field: SchemaField, value: unknown): string | number | boolean | string[] {
  if (field.type === "boolean") return value === true;
  if (field.type === "list") return Array.isArray(value) ? value.map(String) : [];
  if (typeof value === "number") return value;
  return value === undefined || value === null ? "" : String(value);
}

/** What is sent: empty fields are left out, so that defaults and kept secrets stay. */
export function sentValues(
  fields: readonly SchemaField[],
  values: SchemaValues,
): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = values[field.name];
      return value === undefined || value === "" ? [] : [[field.name, value]];
    }),
  );
}

/** Sentences for required fields that are empty. */
export function missing(fields: readonly SchemaField[], values: SchemaValues): Record<string, string> {
  return Object.fromEntries(
    fields
      .filter((field) => {
        const value = values[field.name];
        return field.required && (value === "" || value === undefined || (Array.isArray(value) && value.length === 0));
      })
      .map((field) => [field.name, `${field.label} is needed.`]),
  );
}

/** Inputs for the fields. `form` holds SchemaValues under the same names. */
export function SchemaForm({
  fields,
  form,
}: {
  fields: readonly SchemaField[];
  form: UseFormReturnType<SchemaValues>;
}) {
  return (
    <>
      {fields.map((field) => (
        <Input key={field.name} field={field} form={form} />
      ))}
    </>
  );
}

function Input({ field, form }: { field: SchemaField; form: UseFormReturnType<SchemaValues> }) {
  const common = {
    label: field.label,
    description: field.help || undefined,
    withAsterisk: field.required === true,
    mt: "sm",
    key: form.key(field.name),
    ...(field.hint ? { placeholder: field.hint } : {}),
  };
  const { key, ...rest } = common;
  if (field.type === "boolean") {
    const { withAsterisk: _star, ...box } = rest;
    return <Checkbox key={key} {...box} {...form.getInputProps(field.name, { type: "checkbox" })} />;
  }
  if (field.choices && field.choices.length > 0) {
    return <Select key={key} {...rest} data={field.choices.map(String)} {...form.getInputProps(field.name)} />;
  }
  if (field.type === "integer") {
    return (
      <NumberInput
        key={key}
        {...rest}
        allowDecimal={false}
        {...(field.min === undefined ? {} : { min: field.min })}
        {...(field.max === undefined ? {} : { max: field.max })}
        {...form.getInputProps(field.name)}
      />
    );
  }
  if (field.type === "list") {
    return (
      <TagsInput
        key={key}
        {...rest}
        splitChars={[",", " ", ";"]}
        acceptValueOnBlur
        {...form.getInputProps(field.name)}
      />
    );
  }
  if (field.secret) {
    return (
      <PasswordInput key={key} {...rest} autoComplete="off" spellCheck={false} {...form.getInputProps(field.name)} />
    );
  }
  return <TextInput key={key} {...rest} autoComplete="off" spellCheck={false} {...form.getInputProps(field.name)} />;
}
