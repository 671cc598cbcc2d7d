/**
 * The words of other managers, where they mean the same: of VirtualBox's VBoxManage and of libvirt's virsh. What they call
 * differently becomes a command of ours; options that mean nothing here (--type headless, --register) are taken and dropped,
 * others are left for our own command to refuse.
 *
 * References: Oracle VirtualBox 7 User Guide, chapter VBoxManage; virsh(1) of libvirt 9.
 */

/** Sizes are in MiB with VBoxManage, in KiB with virsh. */
const mebibytes = (text: string): string => (/^\d+$/.test(text) ? `${text}M` : text);
const kibToMib = (text: string): string => (/^\d+$/.test(text) ? String(Math.round(Number(text) / 1024)) : text);

type Rename = Record<string, string | ((value: string) => string[])>;

/** Options by another name, and those that are dropped ("" with a value, "-" without). */
function renamed(words: readonly string[], names: Rename): string[] {
  const result: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const [, name, , attached] = /^(--?[a-z][a-z0-9-]*)(=([^]*))?$/i.exec(words[i]!) ?? [];
    const becomes = name === undefined || !Object.hasOwn(names, name) ? undefined : names[name]!;
    if (becomes === undefined) result.push(words[i]!);
    else if (becomes === "-") continue;
    else {
      const value = attached ?? words[++i] ?? "";
      if (typeof becomes === "function") result.push(...becomes(value));
      else if (becomes !== "") result.push(becomes, value);
    }
  }
  return result;
}

/** The value of an option, which is taken out. */
function taken(words: readonly string[], ...names: string[]): { value: string | undefined; rest: string[] } {
  let value: string | undefined;
  const drop = Object.fromEntries(names.map((name) => [name, (given: string) => ((value = given), [])]));
  return { rest: renamed(words, drop), value };
}

const without = (words: readonly string[], flag: string): { has: boolean; rest: string[] } => ({
  has: words.includes(flag),
  rest: words.filter((word) => word !== flag),
});

/** Of VBoxManage modifyvm and createvm. */
const VBOX_SETTINGS: Rename = {
  "--name": "--name",
  "--memory": "--memory",
  "--cpus": "--cpus",
  "--cpuexecutioncap": "--cap",
  "--cpu-execution-cap": "--cap",
  "--description": "--notes",
  "--groups": (path) => ["--group", path.replace(/^\//, "")],
  "--ostype": "",
  "--os-type": "",
  "--register": "-",
  "--uuid": "",
  "--basefolder": "",
};

const CONTROLVM: Record<string, string> = {
  pause: "pause",
  resume: "resume",
  reset: "reset",
  poweroff: "poweroff",
  savestate: "savestate",
  acpipowerbutton: "acpipowerbutton",
};

type Translate = (words: string[]) => string[] | null;

/** By the first word; what they return null for is ours, or nobody's. */
const verbs: Record<string, Translate> = {
  // VBoxManage
  list: ([what, ...more]) => {
    if (more.length > 0) return null;
    if (what === "vms" || what === "--all") return ["list"];
    if (what === "runningvms") return ["list", "--running"];
    return what === "hdds" || what === "dvds" || what === "floppies" ? ["media", "list"] : null;
  },
  showvminfo: (words) => ["info", ...renamed(words, { "--details": "-", "--machinereadable": "-" })],
  createvm: (words) => {
    const { value, rest } = taken(words, "--name");
    return ["create", ...(value === undefined ? [] : [value]), ...renamed(rest, VBOX_SETTINGS)];
  },
  registervm: () => null,
  unregistervm: (words) => {
    const { has, rest } = without(words, "--delete");
    return ["delete", ...rest, ...(has ? [] : ["--keep-media"])];
  },
  modifyvm: (words) => ["modify", ...renamed(words, VBOX_SETTINGS)],
  clonevm: (words) => {
    const { value: name, rest } = taken(words, "--name");
    const { value: how, rest: others } = taken(rest, "--options");
    const [machine = "", ...more] = renamed(others, { "--register": "-", "--mode": "" });
    const isLinked = how?.split(",").some((each) => each.toLowerCase() === "link") ?? false;
    return ["clone", machine, name ?? `${machine} Clone`, ...more, ...(isLinked ? [] : ["--full"])];
  },
  startvm: (words) => ["start", ...renamed(words, { "--type": "" })],
  controlvm: ([machine = "", verb = "", ...more]) => {
    if (verb === "cpuexecutioncap") return ["modify", machine, "--cap", ...more];
    return Object.hasOwn(CONTROLVM, verb) ? [CONTROLVM[verb]!, machine, ...more] : null;
  },
  discardstate: (words) => ["discard-state", ...words],
  snapshot: ([machine = "", verb = "", ...more]) => {
    if (["take", "restore", "delete", "rename", "list"].includes(machine)) return null;
    if (["take", "restore", "delete", "list"].includes(verb))
      return ["snapshot", verb, machine, ...renamed(more, { "--live": "-", "--pause": "-", "--details": "-" })];
    if (verb !== "edit") return null;
    const { value: name, rest } = taken(more, "--name");
    return name === undefined ? null : ["snapshot", "rename", machine, rest[0] ?? "", name, ...rest.slice(1)];
  },
  createmedium: (words) => createDisk(words[0] === "disk" ? words.slice(1) : words),
  createhd: (words) => createDisk(words),
  closemedium: (words) => ["media", "remove", ...renamed(afterKind(words), { "--delete": "-" })],
  showmediuminfo: (words) => ["media", "show", ...afterKind(words)],
  modifymedium: (words) => {
    const { value: size, rest } = taken(afterKind(words), "--resize");
    if (size !== undefined) return ["media", "resize", ...rest, mebibytes(size)];
    const { has, rest: others } = without(rest, "--compact");
    return has ? ["media", "compact", ...others] : null;
  },
  clonemedium: (words) => convert(afterKind(words)),
  convertfromraw: (words) => ["convert", "--from-format", "raw", ...convert(words).slice(1)],
  export: (words) => {
    const { value, rest } = taken(words, "--output", "-o");
    return value === undefined ? null : ["export", ...rest, value];
  },
  // virsh
  dominfo: (words) => ["info", ...words],
  domstats: (words) => ["stats", ...words],
  shutdown: (words) => ["acpipowerbutton", ...words],
  destroy: (words) => ["poweroff", ...words],
  suspend: (words) => ["pause", ...words],
  managedsave: (words) => ["savestate", ...words],
  "managedsave-remove": (words) => ["discard-state", ...words],
  undefine: (words) => {
    const { has, rest } = without(words, "--remove-all-storage");
    return ["delete", ...renamed(rest, { "--snapshots-metadata": "-", "--managed-save": "-" }), ...(has ? [] : ["--keep-media"])]; // prettier-ignore
  },
  domrename: ([machine = "", name = "", ...more]) => ["modify", machine, "--name", name, ...more],
  desc: ([machine = "", ...text]) => ["modify", machine, "--notes", text.join(" ")],
  setmem: (words) => setting(words, "--memory", kibToMib),
  setmaxmem: (words) => setting(words, "--memory", kibToMib),
  setvcpus: (words) => setting(words, "--cpus"),
  schedinfo: (words) => {
    const { value, rest } = taken(words, "--set");
    const [, shares] = /^cpu_shares=(\d+)$/.exec(value ?? "") ?? [];
    return shares === undefined ? null : ["modify", ...renamed(rest, OF_DOMAIN), "--shares", shares];
  },
  "snapshot-create-as": ([machine = "", name = "", description, ...more]) => {
    const words = description === undefined || description.startsWith("--") ? [description ?? ""].filter(Boolean) : ["--description", description]; // prettier-ignore
    return ["snapshot", "take", machine, name, ...words, ...more];
  },
  "snapshot-list": (words) => ["snapshot", "list", ...words],
  "snapshot-revert": (words) => ["snapshot", "restore", ...renamed(words, { "--running": "-", "--paused": "-" })],
  "snapshot-delete": (words) => ["snapshot", "delete", ...words],
  "vol-list": () => ["media", "list"],
  "vol-info": ([medium = ""]) => ["media", "show", medium],
  "vol-delete": ([medium = ""]) => ["media", "remove", medium],
  "vol-resize": ([medium = "", size = ""]) => ["media", "resize", medium, size],
  "vol-create-as": ([, name = "", size = ""]) => ["media", "disk", name, size],
};

const OF_DOMAIN: Rename = { "--live": "-", "--config": "-", "--current": "-", "--maximum": "-" };

function setting(words: string[], option: string, unit: (text: string) => string = (text) => text): string[] {
  const [machine = "", value = "", ...more] = renamed(words, OF_DOMAIN);
  return ["modify", machine, option, unit(value), ...more];
}

/** Of "disk NAME", "dvd NAME" and "floppy NAME" the name. */
const afterKind = ([first, ...more]: string[]): string[] =>
  more.length > 0 && ["disk", "dvd", "floppy"].includes(first!) ? more : [first ?? "", ...more];

function createDisk(words: string[]): string[] {
  const { value: file, rest } = taken(words, "--filename");
  const { value: size, rest: others } = taken(rest, "--size");
  return ["media", "disk", file ?? "", mebibytes(size ?? ""), ...renamed(others, { "--format": "", "--variant": "" })];
}

function convert(words: string[]): string[] {
  const { value, rest } = taken(words, "--format");
  return ["convert", ...rest, ...(value === undefined ? [] : ["--format", value.toLowerCase()])];
}

/** The same said in our words; what is not of another manager is as it was. */
export function inOurWords(words: readonly string[]): string[] {
  const all = /^(vboxmanage|virsh)$/i.test(words[0] ?? "") ? words.slice(1) : [...words];
  const [verb = "", ...more] = all;
  const translate = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  return translate?.(more) ?? all;
}
