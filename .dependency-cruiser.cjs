/**
 * The "Never" block of ARCHITECTURE.md as rules:
 *
 *   app → ui → services → protocol ← worker → machine → {core, storage};  every layer → shared
 *   core → wasm build output only;  wasm/* never imports src/*
 *   interp, jit → semantics → {cpu, mmu, fpu, sse, svm};  semantics never imports a backend
 *   machine/devices/a never imports machine/devices/b;  no cycles
 *   Comlink only in services, worker and cli;  idb-keyval only in storage
 *
 * embed/ and pack/ are composition roots beside app/: for other people's pages, and for programs in one file.
 */

/** Which layers of src/ a layer may import, itself and shared/ aside. */
const layers = {
  app: ["ui", "services", "protocol"],
  ui: ["services", "protocol"],
  embed: ["services", "protocol"],
  // Carries its files in itself, packed as published ones are.
  pack: ["services", "storage", "protocol"],
  // The media library recognizes a file by its bytes before there is a machine for it.
  services: ["protocol", "storage"],
  protocol: [],
  worker: ["machine", "core", "storage", "protocol"],
  machine: ["core", "storage", "protocol"],
  core: [],
  storage: ["protocol"],
  shared: [],
};

const exceptions = {
  // The one place that starts the Worker names its script, by its URL, and imports nothing of it.
  services: ["^src/worker/entry-browser\\.ts$"],
  // An embedded screen takes keys and the pointer as the page's own does.
  embed: ["^src/ui/screen/(keyboard-capture|pointer-capture|screen-fit)\\.ts$"],
};

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import: ${[...allowed, "shared"].join(", ")}`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  to: {
    path: "^(src|wasm|cli|e2e|bench)/",
    pathNot: [`^src/(${[layer, ...allowed, "shared"].join("|")})/`, ...(exceptions[layer] ?? [])],
  },
}));

/** Tests build small machines from parts of other layers; only the code that ships is held to the layers. */
const notTests = { pathNot: "\\.test\\.ts$|/test/|test-support" };

module.exports = {
  forbidden: [
    ...layerRules.map((rule) => ({ ...rule, from: { ...rule.from, ...notTests } })),
    {
      name: "no-cycles",
      severity: "error",
      from: {},
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
      severity: "error",
      from: { path: "^wasm/(semantics|decode|cpu|mmu|fpu|sse|svm)/" },
      to: { path: "^wasm/(interp|jit)/" },
    },
    {
      name: "values-below-semantics",
      severity: "error",
      from: { path: "^wasm/(fpu|sse)/" },
      to: { path: "^wasm/(semantics|decode|mmu|interp|jit)/" },
    },
    {
      name: "machine-below-protocol",
      comment:
        "A machine takes its configuration as the protocol describes it; how it fails is its own (MachineError).",
      severity: "error",
      from: { path: "^src/(machine|storage)/", ...notTests },
      to: { path: "^src/protocol/", dependencyTypesNot: ["type-only"] },
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
