// @ts-check
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

import { IN_TESTS, RULES } from "../clients/javascript/eslint.config.js";

/** Attributes whose value somebody reads or hears. */
const READ_ATTRIBUTE = "JSXAttribute[name.name=/^(alt|title|placeholder|label|hint|aria-label|aria-description|aria-valuetext)$/]";
/** What stands in braces where it is read. */
const READ_VALUE = `:matches(JSXElement, JSXFragment, ${READ_ATTRIBUTE}) > JSXExpressionContainer`;

export default tseslint.config(
  { ignores: ["dist", "node_modules", "coverage"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...RULES.extends, reactHooks.configs.flat["recommended-latest"], jsxA11y.flatConfigs.strict],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { project: ["./tsconfig.json", "./tsconfig.node.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: RULES.rules,
  },
  {
    // As they are: not built, and so not typed.
    files: ["public/*.js"],
    extends: [js.configs.recommended],
    languageOptions: { globals: { ...globals.browser, ...globals.serviceworker } },
  },
  {
    files: ["src/**/*.tsx"],
    ignores: ["**/*.test.tsx"],
    rules: {
      // What people read or hear stands in src/words, in every language that there is.
      "no-restricted-syntax": [
        "error",
        ...[
          "JSXText[value=/\\p{L}/u]",
          `${READ_ATTRIBUTE} > Literal[raw=/\\p{L}/u]`,
          ...["", "ConditionalExpression > ", "LogicalExpression > "].flatMap((between) => [
            `${READ_VALUE} > ${between}Literal[raw=/\\p{L}/u]:not(.test)`,
            `${READ_VALUE} > ${between}TemplateLiteral > TemplateElement[value.raw=/\\p{L}/u]`,
          ]),
        ].map((selector) => ({ selector, message: "Words for people belong in src/words." })),
      ],
    },
  },
  {
    files: ["**/*.test.{ts,tsx}", "src/testing/**"],
    rules: IN_TESTS,
  },
);
