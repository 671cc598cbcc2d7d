/** What a visitor chose, kept in this browser. A browser that keeps nothing (private windows) only forgets it. */
import { BOOT_DEVICES, CPU_MODELS, MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "./config-check.ts";
import type { MachineSettings } from "./machine-plan.ts";

export type Theme = "system" | "light" | "dark";

export const SCREEN_SCALES = ["fit", "integer", "original"] as const;
export type ScreenScale = (typeof SCREEN_SCALES)[number];

export const MACHINE_SORTS = ["name", "lastRun", "created", "system"] as const;
export type MachineSort = (typeof MACHINE_SORTS)[number];
export const MACHINE_LAYOUTS = ["cards", "list"] as const;
export type MachineLayout = (typeof MACHINE_LAYOUTS)[number];

export const AUTO_SNAPSHOT_MINUTES: readonly number[] = [1, 5, 15, 30, 60];
export const AUTO_SNAPSHOTS_KEPT: readonly number[] = [3, 10, 30];

/** Snapshots that the page takes of a machine by itself. */
export interface AutoSnapshotRule {
  everyMinutes: number;
  /** How many of them; the oldest go. */
  keep: number;
}

export interface Choices {
  theme: Theme;
  /** A language tag; null: the browser's. */
  language: string | null;
  machine: MachineSettings;
  /** How large the screens of guests are shown. */
  scale: ScreenScale;
  /** How the machines of the library are shown. */
  sort: MachineSort;
  layout: MachineLayout;
  /** Paths of groups that are folded. */
  folded: readonly string[];
  /** By machine; absent: none. */
  autoSnapshots: Readonly<Record<string, AutoSnapshotRule>>;
}

const KEY = "posada.choices";
const THEMES: readonly Theme[] = ["system", "light", "dark"];

export class Preferences extends EventTarget {
  private current: Choices;

  constructor(private readonly storage: () => Storage = () => localStorage) {
    super();
    this.current = checked(this.read());
  }

  get choices(): Readonly<Choices> {
    return this.current;
  }

  set(change: Partial<Choices>): void {
    this.current = { ...this.current, ...change };
    try {
      this.storage().setItem(KEY, JSON.stringify(this.current));
    } catch {
      // Kept for this visit alone.
    }
    this.dispatchEvent(new Event("change"));
  }

  private read(): unknown {
    try {
      return JSON.parse(this.storage().getItem(KEY) ?? "null");
    } catch {
      return null;
    }
  }
}

/** Stored by another version, or by hand: what is of no use is left out. */
function checked(stored: unknown): Choices {
  const { theme, language, machine, scale, sort, layout, folded, autoSnapshots } = (
    typeof stored === "object" && stored !== null ? stored : {}
  ) as Partial<Record<keyof Choices, unknown>>;
  return {
    theme: THEMES.find((known) => known === theme) ?? "system",
    language: typeof language === "string" ? language : null,
    machine: checkedSettings(machine),
    scale: SCREEN_SCALES.find((known) => known === scale) ?? "fit",
    sort: MACHINE_SORTS.find((known) => known === sort) ?? "name",
    layout: MACHINE_LAYOUTS.find((known) => known === layout) ?? "cards",
    folded: Array.isArray(folded) ? folded.filter((path) => typeof path === "string") : [],
    autoSnapshots: checkedRules(autoSnapshots),
  };
}

function checkedRules(stored: unknown): Record<string, AutoSnapshotRule> {
  if (typeof stored !== "object" || stored === null) return {};
  const rules = Object.entries(
    stored as Record<string, Partial<Record<keyof AutoSnapshotRule, unknown>> | null>,
  ).filter(
    ([, rule]) =>
      AUTO_SNAPSHOT_MINUTES.includes(rule?.everyMinutes as number) &&
      AUTO_SNAPSHOTS_KEPT.includes(rule?.keep as number),
  );
  return Object.fromEntries(rules) as Record<string, AutoSnapshotRule>;
}

function checkedSettings(stored: unknown): MachineSettings {
  const { memoryMiB, cpuModel, bootOrder } = (typeof stored === "object" && stored !== null ? stored : {}) as Partial<
    Record<keyof MachineSettings, unknown>
  >;
  const settings: MachineSettings = {};
  if (Number.isInteger(memoryMiB) && isMemory(memoryMiB as number)) settings.memoryMiB = memoryMiB as number;
  const model = CPU_MODELS.find((known) => known === cpuModel);
  if (model) settings.cpuModel = model;
  if (Array.isArray(bootOrder) && bootOrder.length === BOOT_DEVICES.length)
    if (BOOT_DEVICES.every((device) => bootOrder.includes(device))) settings.bootOrder = bootOrder;
  return settings;
}

export function isMemory(memoryMiB: number): boolean {
  return Number.isInteger(memoryMiB) && memoryMiB >= MIN_MEMORY_MIB && memoryMiB <= MAX_MEMORY_MIB;
}
