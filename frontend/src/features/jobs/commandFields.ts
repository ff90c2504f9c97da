import type { Command } from "../../api/commands";
import { fieldsOfParams, filledParams, wrongIn } from "../../ui/paramFields";
import type { SchemaField, SchemaValues } from "../../ui/SchemaForm";

/** The parameters of a command as fields of a form. */
export const fieldsOf = (command: Command): SchemaField[] => fieldsOfParams(command.params);

/** What a filled form sends. */
export const paramsOf = (command: Command, values: SchemaValues): Record<string, unknown> =>
  filledParams(command.params, values);

/** What the browser can say before the server does. */
export const wrongParams = (command: Command, values: SchemaValues): Record<string, string> =>
  wrongIn(command.params, values);
