/** How the client is served while it is worked on, built and tested. The application itself reads no environment. */

import react from "@vitejs/plugin-react";
import type { ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

const target = process.env["CHAT_PROXY_TARGET"] ?? "http://127.0.0.1:4580";
const host = process.env["CHAT_PROXY_HOST"];
const port = Number(process.env["CHAT_WEB_PORT"] ?? 5173);

// An emulated CloudFront distribution is chosen by the Host header, so it can be set apart from the address.
const backend: ProxyOptions = host === undefined ? { target } : { target, headers: { host } };
const server = {
  host: "127.0.0.1",
  port,
  strictPort: true,
  proxy: { "/api": backend, "/media": backend },
};

export default defineConfig({
  plugins: [react()],
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
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
