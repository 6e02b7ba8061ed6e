// @ts-check
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

/** Attributes whose value somebody reads or hears. */
const READ_ATTRIBUTE = "JSXAttribute[name.name=/^(alt|title|placeholder|label|hint|aria-label|aria-description|aria-valuetext)$/]";
/** What stands in braces where it is read. */
const READ_VALUE = `:matches(JSXElement, JSXFragment, ${READ_ATTRIBUTE}) > JSXExpressionContainer`;

export default tseslint.config(
  { ignores: ["dist", "node_modules", "coverage"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
      reactHooks.configs.flat["recommended-latest"],
      jsxA11y.flatConfigs.strict,
    ],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { project: ["./tsconfig.json", "./tsconfig.node.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: "error",
      "no-console": ["error", { allow: ["warn", "error"] }],
      // Numbers in messages are the rule's only objection worth lifting: "5 rooms" reads better than String(5).
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
    },
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
    rules: {
      // A test may say "this is there" shortly: it fails loudly when it is not.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
