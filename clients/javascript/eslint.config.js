// @ts-check
import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** What all TypeScript of the repository keeps to. */
export const RULES = {
  extends: [js.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
  rules: /** @type {const} */ ({
    eqeqeq: "error",
    "no-console": ["error", { allow: ["warn", "error"] }],
    // Numbers in messages are the rule's only objection worth lifting: "5 rooms" reads better than String(5).
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    "@typescript-eslint/switch-exhaustiveness-check": "error",
    "@typescript-eslint/consistent-type-imports": "error",
  }),
};
/** A test may say "this is there" shortly: it fails loudly when it is not. */
export const IN_TESTS = /** @type {const} */ ({ "@typescript-eslint/no-non-null-assertion": "off" });

export default tseslint.config(
  { ignores: ["dist", "node_modules"] },
  {
    files: ["**/*.ts"],
    extends: RULES.extends,
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: RULES.rules,
  },
  { files: ["**/*.test.ts", "testing/**"], rules: IN_TESTS },
);
