import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { asProblem } from "../api/problem";
import { Announcer } from "../ui/announce";
import { theme } from "../ui/theme";
import { createAppRouter } from "./router";
import { ZoneProvider } from "./ZoneProvider";

const Toasts = lazy(() => import("../ui/toasts/Toasts"));

/** A retry helps when the answer was late or lost, and never when it was a refusal. */
export function worthAnotherTry(failures: number, error: unknown): boolean {
  const { status } = asProblem(error);
  return failures < 2 && (status === 0 || status >= 500);
}

export function App({ nonce }: { nonce: string }) {
  const client = useMemo(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { staleTime: 5_000, retry: worthAnotherTry, refetchOnWindowFocus: true },
          mutations: { retry: false },
        },
      }),
    [],
  );
  const router = useMemo(() => createAppRouter(client), [client]);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <ZoneProvider>
          <Suspense fallback={null}>
            <Toasts />
          </Suspense>
          <Announcer />
          <RouterProvider router={router} />
        </ZoneProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
