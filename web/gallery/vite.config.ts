/** The gallery, every component by itself in all of its states, and a long room to measure the page in. No part of what is deployed. */

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { resolve } from "../vite.config.ts";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve,
  server: { host: "127.0.0.1", port: Number(process.env["CHAT_GALLERY_PORT"] ?? 5174), strictPort: true },
  build: {
    outDir: "../dist-gallery",
    emptyOutDir: true,
    rolldownOptions: { input: ["index.html", "console.html", "long-room.html"].map((page) => `${import.meta.dirname}/${page}`) },
  },
});
