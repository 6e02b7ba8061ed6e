import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Nothing here needs a page: what a browser has and Node has not, a test brings.
    environment: "node",
    include: ["src/**/*.test.ts"],
    maxWorkers: "100%",
    restoreMocks: true,
    // How long something takes says nothing where everything is tested at once.
    testTimeout: 30_000,
  },
});
