import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, take, type Wire } from "../../api/client";

export type Registration = Wire<"RegistrationOut">;

const registrationQuery = queryOptions({
  queryKey: ["registration"],
  queryFn: () => take(api.GET("/api/auth/registration")),
  staleTime: 30_000,
});

/** The brand, and who may register: all that can be known before sign-in. */
export const useRegistration = () => useQuery(registrationQuery);
