/** Lint rules: typescript-eslint and lit for the TypeScript of the page, the worker and the tools; wasm/ has its own. */
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
      "src/shared/disassembler/generated/",
      "wasm/generated/",
      // AssemblyScript is not quite TypeScript (operators and casts that only asc parses); semantics/ is linted below.
      "wasm/*.ts",
      "wasm/{cpu,decode,fpu,interp,jit,mmu,sse,svm,unpack}/**/*.ts",
      "wasm/test/entry/**/*.ts",
      "!**/*.test.ts",
    ],
  },
  {
    files: [
      "src/**/*.ts",
      "cli/**/*.ts",
      "e2e/**/*.ts",
      "guests/**/*.ts",
      "bench/**/*.ts",
      "conformance/**/*.ts",
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
    // Runs in browsers, like the page that it is a part of.
    files: ["scripts/browsers/page.mjs"],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    // AssemblyScript: asc checks it; lint keeps what both backends need.
    files: ["wasm/semantics/**/*.ts"],
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
