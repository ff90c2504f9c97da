import "@testing-library/jest-dom/vitest";
import { notifications } from "@mantine/notifications";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { setCsrfToken, setGates } from "../api/transport";
import { server } from "./server";

// jsdom has no layout; Mantine asks for these at mount.
Object.defineProperty(window, "matchMedia", {
  writable: true,
  configurable: true,
  value: (query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: vi.fn(),
    removeEventListener: vi.fn(),
    addListener: vi.fn(),
    removeListener: vi.fn(),
    dispatchEvent: vi.fn(),
  }),
});
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver = NoObserver as unknown as typeof ResizeObserver;
window.IntersectionObserver ??= NoObserver as unknown as typeof IntersectionObserver;
window.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
Object.defineProperty(document, "fonts", {
  configurable: true,
  value: { addEventListener: vi.fn(), removeEventListener: vi.fn(), ready: Promise.resolve() },
});

// A first render waits for its modules: a second is short on a busy machine, and a test that passes waits for nothing.
configure({ asyncUtilTimeout: 5000 });

// A request that no test expects is a mistake of the test or of the page.
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  server.resetHandlers();
  cleanup();
  // Files share one set of modules (it is six times as fast): what modules keep is put back after each test.
  notifications.clean();
  setCsrfToken(null);
  setGates({ signInAgain: null, stepUp: null });
  localStorage.clear();
});
afterAll(() => server.close());
