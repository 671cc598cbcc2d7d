/**
 * The catalogue of a library: which machines, media, layers and memories there are. It is small, and kept as one record
 * that is replaced as a whole, in one durable step: so no two facts of it can disagree, whenever the power fails. Bytes of
 * disks and memories are kept elsewhere, and follow two rules. What the catalogue names is there before the catalogue
 * names it, and goes after the catalogue has forgotten it. What nobody names is garbage, and `tidy` removes it; layers of
 * a job under way are named with the job, whose lock is held while it lives.
 */
import type {
  LayerId,
  LayerRecord,
  MachineId,
  MachineRecord,
  MachineState,
  MediumId,
  MediumRecord,
  MemoryId,
} from "../../protocol/library.ts";
import type { ExecutionLimits } from "../../protocol/machine-config.ts";
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { StorageError } from "../block-store.ts";

/** As kept: where it runs is known by its lock alone, and a live state counts only with that. */
export interface StoredMachine extends Omit<MachineRecord, "runs" | "state" | "stateReason" | "limits"> {
  /** Absent: the default ones. */
  limits?: ExecutionLimits;
  state: MachineState;
  stateReason?: Said | string;
  /** While it runs: the memory that it went on from. Pages of it that it has not used yet are only there. */
  runsOn?: MemoryId;
}

export interface StoredLayer extends LayerRecord {
  /** The lock of the job that still fills it. */
  job?: string;
}

/** A saved memory. Its pages are in packs, which others may share. */
export interface StoredMemory {
  id: MemoryId;
  createdAt: number;
  packs: string[];
  /** The lock of the job that still writes it. */
  job?: string;
}

export interface Catalogue {
  version: 1;
  /** Grows with every change. */
  revision: number;
  machines: Record<MachineId, StoredMachine>;
  media: Record<MediumId, MediumRecord>;
  layers: Record<LayerId, StoredLayer>;
  memories: Record<MemoryId, StoredMemory>;
}

export function emptyCatalogue(): Catalogue {
  return { version: 1, revision: 0, machines: {}, media: {}, layers: {}, memories: {} };
}

/** @throws StorageError where it was written by a later version */
export function checkedCatalogue(stored: unknown): Catalogue {
  if (stored === undefined || stored === null) return emptyCatalogue();
  const { version } = stored as Partial<Catalogue>;
  if (version !== 1)
    throw new StorageError(said`This library is of version ${String(version)}; this Posada knows version 1.`);
  return stored as Catalogue;
}

export interface CatalogueKeeper {
  read(): Promise<Catalogue>;
  /**
   * Applies `change` to a draft, alone among all tabs and processes; resolves when that is durable. Where `change` throws,
   * nothing changes. It must not wait for anything.
   */
  update<T>(change: (draft: Catalogue) => T): Promise<{ catalogue: Catalogue; result: T }>;
  /** Calls when somebody else changed it. @returns how to stop that */
  watch(onChange: () => void): () => void;
}

/** Forgets everything: for tests, and where the host keeps nothing. */
export class MemoryCatalogue implements CatalogueKeeper {
  private current = emptyCatalogue();
  private readonly watchers = new Set<() => void>();

  async read(): Promise<Catalogue> {
    return structuredClone(this.current);
  }

  async update<T>(change: (draft: Catalogue) => T): Promise<{ catalogue: Catalogue; result: T }> {
    const draft = structuredClone(this.current);
    const result = change(draft);
    draft.revision++;
    this.current = draft;
    for (const watcher of this.watchers) watcher();
    return { catalogue: structuredClone(draft), result };
  }

  watch(onChange: () => void): () => void {
    this.watchers.add(onChange);
    return () => this.watchers.delete(onChange);
  }
}
