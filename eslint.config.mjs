/** Lint rules: typescript-eslint and lit for the TypeScript of the page, the worker and the tools; wasm/ has its own. */
import { existsSync } from "node:fs";
import globals from "globals";
import { configs as lit } from "eslint-plugin-lit";
import ts from "typescript-eslint";

/** A test of a value itself is decided when the emitter runs, not when the guest does: see CONTRIBUTING, "Semantics". */
const onValues = "In semantics a value may be a wasm local: use the backend's select, beginIf, …";

export default ts.config(
  {
    ignores: [
      "dist/",
      "build/",
      "public/guests/",
      "node_modules/",
      "test-results/",
      "playwright-report/",
      "src/core/generated/",
      "wasm/generated/",
    ],
  },
  {
    files: [
      "src/**/*.ts",
      "cli/**/*.ts",
      "e2e/**/*.ts",
      "bench/**/*.ts",
      "scripts/**/*.ts",
      "wasm/test/**/*.ts",
      "*.ts",
    ],
    extends: [...ts.configs.recommended, ...ts.configs.stylistic],
    languageOptions: { globals: { ...globals.browser, ...globals.worker, ...globals.node } },
    rules: {
      eqeqeq: "error",
      "no-empty": ["error", { allowEmptyCatch: false }],
      "no-throw-literal": "error",
      "prefer-const": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/prefer-for-of": "off",
      "@typescript-eslint/consistent-indexed-object-style": "off",
    },
  },
  { files: ["src/ui/**/*.ts", "src/app/**/*.ts"], extends: [lit["flat/recommended"]] },
  {
    files: ["**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { ...globals.node } },
    rules: { "no-undef": "error", "no-unused-vars": ["error", { argsIgnorePattern: "^_" }], "prefer-const": "error" },
  },
  {
    // AssemblyScript: only the parser and the rules that keep semantics valid for both backends.
    files: ["wasm/**/*.ts"],
    ignores: ["wasm/test/**", "wasm/isa/**"],
    languageOptions: {
      parser: ts.parser,
      parserOptions: { allowInvalidAST: true, errorOnTypeScriptSyntacticAndSemanticIssues: false },
    },
    rules: {},
  },
  {
    files: ["wasm/semantics/**/*.ts"].filter(() => existsSync("wasm/semantics")),
    languageOptions: { parser: ts.parser, parserOptions: { allowInvalidAST: true } },
    rules: {
      // Generic operations are methods named apply (and what they call) with a backend `b`.
      "no-restricted-syntax": [
        "error",
        ...["LogicalExpression", "ConditionalExpression"].map((kind) => ({
          selector: `MethodDefinition[key.name='apply'] ${kind}`,
          message: onValues,
        })),
        {
          selector:
            "MethodDefinition[key.name='apply'] IfStatement > :not(CallExpression, UnaryExpression[argument.type='CallExpression']).test",
          message: onValues,
        },
      ],
    },
  },
);
