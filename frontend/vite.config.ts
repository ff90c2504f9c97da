import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./build/budget.ts";
import { compress } from "./build/compress.ts";

// `npm run dev` shows a control plane that runs elsewhere on this machine: SERVERSCTL_DEV_API=https://127.0.0.1:8443
const api = process.env["SERVERSCTL_DEV_API"] ?? "https://127.0.0.1:8443";

export default defineConfig({
  base: "/app/",
  plugins: [
    react(),
    budget({ always: ["src/app/frame/Frame.tsx"], firstJsKb: 200, firstCssKb: 45, lazyKb: 90 }),
    compress(),
  ],
  build: { target: "es2022", sourcemap: false, manifest: true, assetsInlineLimit: 0, reportCompressedSize: false },
  server: { port: 5173, proxy: { "/api": { target: api, secure: false, changeOrigin: true } } },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    testTimeout: 20_000,
    maxWorkers: 2,
    isolate: false,
  },
});
