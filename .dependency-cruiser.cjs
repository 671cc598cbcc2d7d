/**
 * The "Never" block of ARCHITECTURE.md as rules:
 *
 *   app → ui → services → protocol ← worker → machine → {core, storage};  every layer → shared
 *   core → wasm build output only;  wasm/* never imports src/*
 *   interp, jit → semantics → {cpu, mmu, fpu, sse, svm};  semantics never imports a backend
 *   machine/devices/a never imports machine/devices/b;  no cycles
 *   Comlink only in services, worker and cli;  idb-keyval only in storage
 *
 * embed/ is a second composition root beside app/: it offers services to other people's pages.
 */

/** Which layers of src/ a layer may import, itself and shared/ aside. */
const layers = {
  app: ["ui", "services", "protocol"],
  ui: ["services", "protocol"],
  embed: ["services", "protocol"],
  // The media library recognizes a file by its bytes before there is a machine for it.
  services: ["protocol", "storage"],
  protocol: [],
  worker: ["machine", "core", "storage", "protocol"],
  machine: ["core", "storage", "protocol"],
  core: [],
  storage: ["protocol"],
  shared: [],
};

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import: ${[...allowed, "shared"].join(", ")}`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  // The main thread names the worker's script, by its URL, and imports nothing of it.
  to: {
    path: "^(src|wasm|cli|e2e|bench)/",
    pathNot: `^src/(${[layer, ...allowed, "shared"].join("|")})/|^src/worker/entry-browser\\.ts$`,
  },
}));

/** Tests build small machines from parts of other layers; only the code that ships is held to the layers. */
const notTests = { pathNot: "\\.test\\.ts$|/test/|test-support" };

module.exports = {
  forbidden: [
    ...layerRules.map((rule) => ({ ...rule, from: { ...rule.from, ...notTests } })),
    {
      name: "no-cycles",
      // wasm/ has none between its layers (below), but inside the core the parts call each other as the architecture
      // has it: a memory access walks pages, a walk faults, and delivering the fault accesses memory.
      comment: "Modules of src/ and cli/ import each other in one direction.",
      severity: "error",
      from: { path: "^(src|cli)/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "devices-stand-alone",
      comment: "A device is joined to another only by the board (src/machine/*.ts).",
      severity: "error",
      from: { path: "^src/machine/devices/([^/]+)/", ...notTests },
      to: { path: "^src/machine/devices/([^/]+)/", pathNot: "^src/machine/devices/$1/" },
    },
    {
      name: "wasm-alone",
      severity: "error",
      from: { path: "^wasm/", pathNot: "^wasm/(test|isa)/" },
      to: { path: "^(src|cli|e2e)/" },
    },
    {
      name: "semantics-never-a-backend",
      // Plain functions of semantics/ (REP strings, CMPXCHG) compute flags by the same operations as everything else,
      // evaluated on values: they may name the interpreter's value type, and nothing else of a backend.
      severity: "error",
      from: { path: "^wasm/(semantics|cpu|mmu|fpu|sse|svm)/" },
      to: { path: "^wasm/(interp|jit)/", pathNot: "^wasm/interp/backend\\.ts$" },
    },
    {
      name: "values-below-semantics",
      severity: "error",
      from: { path: "^wasm/(fpu|sse)/" },
      // The record says where an instruction's operands are.
      to: { path: "^wasm/(semantics|decode|interp|jit)/", pathNot: "^wasm/decode/record\\.ts$" },
    },
    {
      name: "comlink-at-the-boundary",
      severity: "error",
      from: { path: "^(src|cli)/", pathNot: "^(src/(services|worker)|cli)/" },
      to: { path: "node_modules/comlink" },
    },
    {
      name: "idb-keyval-in-storage",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/storage/" },
      to: { path: "node_modules/idb-keyval" },
    },
    {
      name: "resolvable",
      severity: "error",
      from: { path: "^(src|cli)/" },
      to: { couldNotResolve: true, pathNot: "\\?|\\.wasm$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)generated/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
