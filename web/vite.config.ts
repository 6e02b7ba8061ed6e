/** How the client is served while it is worked on, built and tested. The application itself reads no environment. */

import react from "@vitejs/plugin-react";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";

const target = process.env["CHAT_PROXY_TARGET"] ?? "http://127.0.0.1:4580";
const port = Number(process.env["CHAT_WEB_PORT"] ?? 5173);

// Whoever is asked looks at what was signed for the page's own address, so its Host header goes along.
const backend = { target, changeOrigin: false };
const server = {
  host: "127.0.0.1",
  port,
  strictPort: true,
  proxy: { "/api": backend, "/media": backend },
};

/** The client's package is taken as it is written, not as it is built. */
export const resolve = { conditions: ["@agent-chat/source", ...defaultClientConditions] };

/**
 * Tests of what hands Node streams, keys or files: Node takes those of its own context only. All others share a thread's
 * jsdom, each in a context of its own, which is three times as quick as a process for every file.
 */
const OF_NODES_OWN_CONTEXT = ["src/signIn/openId.test.ts", "src/state/fallback.test.ts", "src/state/uploads.test.ts"];

export default defineConfig({
  plugins: [react()],
  resolve,
  ssr: { resolve }, // what Vitest goes by
  server,
  preview: server,
  build: {
    // A strict Content-Security-Policy allows no data: fonts or images, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The chat page, and what operators use: served at /console.
    rolldownOptions: { input: ["index.html", "console.html"] },
  },
  test: {
    environment: "jsdom",
    projects: [
      {
        extends: true,
        test: { name: "page", pool: "vmThreads", include: ["src/**/*.test.{ts,tsx}"], exclude: OF_NODES_OWN_CONTEXT },
      },
      { extends: true, test: { name: "page and Node", include: OF_NODES_OWN_CONTEXT } },
    ],
    setupFiles: ["src/testing/setup.ts"],
    maxWorkers: "100%",
    restoreMocks: true,
    // How long something takes says nothing where everything is tested at once.
    testTimeout: 30_000,
  },
});
