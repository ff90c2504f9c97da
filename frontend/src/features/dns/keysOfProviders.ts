import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, takeAll, type Wire } from "../../api/client";
import { keys } from "../../api/keys";
import { initialValues, type SchemaField } from "../../ui/SchemaForm";

export type ProviderKey = Wire<"CredentialOut">;
export type ProviderKind = Wire<"KindOut">;
export type KeyReport = Wire<"ReportOut">;

const LIST_LIMIT = 200;

export const providerKeysQuery = queryOptions({
  queryKey: [...keys.credentials, "list"],
  queryFn: () =>
    takeAll((cursor) =>
      take(
        api.GET("/api/provider-credentials", {
          params: { query: { limit: LIST_LIMIT, ...(cursor ? { cursor } : {}) } },
        }),
      ),
    ),
});

/** The account's saved keys, without their secrets. */
export const useProviderKeys = () => useQuery(providerKeysQuery);

/** The providers that this installation knows, with the fields of their keys. They change with its version only. */
export const useProviderKinds = () =>
  useQuery({
    queryKey: [...keys.credentials, "kinds"],
    queryFn: async () => (await take(api.GET("/api/provider-kinds"))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The zones that a key sees. Each look asks the provider, so it is kept for five minutes. */
export const useZones = (keyId: string | null, enabled = true) =>
  useQuery({
    queryKey: [...keys.credentials, keyId, "zones"],
    queryFn: async () =>
      (
        await take(
          api.GET("/api/provider-credentials/{credentialId}/zones", {
            params: { path: { credentialId: keyId ?? "" } },
          }),
        )
      ).items,
    enabled: keyId !== null && enabled,
    staleTime: 300_000,
    retry: false,
  });

export function kindTitle(kinds: readonly ProviderKind[] | undefined, kind: string): string {
  return kinds?.find((one) => one.kind === kind)?.title ?? kind;
}

/** A provider's fields for SchemaForm; of a saved key's secrets it says how they end. */
export function fieldsOf(kind: ProviderKind, saved?: ProviderKey): SchemaField[] {
  return kind.fields.map((field) => {
    const secret = saved?.secrets.find((one) => one.name === field.name);
    return { ...field, ...(secret ? { hint: maskedSecret(secret.lastFour) } : {}) };
  });
}

/** Values for all kinds at once, so that changing the kind forgets nothing that was typed. */
export function valuesOfAllKinds(kinds: readonly ProviderKind[]) {
  return Object.assign({}, ...kinds.map((kind) => initialValues(fieldsOf(kind)))) as ReturnType<typeof initialValues>;
}

export const maskedSecret = (lastFour: string): string => (lastFour ? `•••• ${lastFour}` : "•••• stored");
