import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { Announcer } from "../ui/announce";
import { theme } from "../ui/theme";
import Toasts from "../ui/toasts/Toasts";

/** Render a piece of a page as the app would: theme, query client, notifications, a router that knows `path`. */
export function show(element: ReactNode, { path = "/", at = path }: { path?: string; at?: string } = {}) {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY }, mutations: { retry: false } },
  });
  const root = createRootRoute({ component: Outlet });
  const page = createRoute({ getParentRoute: () => root, path, component: () => <>{element}</> });
  const other = createRoute({ getParentRoute: () => root, path: "$", component: () => <p>another page</p> });
  const router = createRouter({
    routeTree: root.addChildren([page, other]),
    history: createMemoryHistory({ initialEntries: [at] }),
  });
  const user = userEvent.setup();
  const rendered = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>
        <Toasts />
        <Announcer />
        {/* The test's small router is not the app's registered one. */}
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...rendered, user, client, router };
}
