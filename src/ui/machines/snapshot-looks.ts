/** Pictures and sizes of a machine's snapshots, looked up one after the other. Fires "change" for each. */
import type { MachineRecord, SnapshotId } from "../../protocol/library.ts";
import type { Clerk } from "../../services/clerk.ts";

export interface SnapshotLook {
  /** What the snapshot alone holds; null: not known yet. */
  bytes: number | null;
  /** Of its picture. */
  url: string | null;
}

const NOTHING: SnapshotLook = { bytes: null, url: null };

export class SnapshotLooks extends EventTarget {
  private looks = new Map<SnapshotId, SnapshotLook>();
  private turn = 0;
  private seen = "";

  of(id: SnapshotId): SnapshotLook {
    return this.looks.get(id) ?? NOTHING;
  }

  /** Looks where something about the snapshots is different. */
  async look({ library }: Clerk, machine: MachineRecord): Promise<void> {
    // What a snapshot alone holds changes with its neighbours.
    const wanted = [machine.id, ...machine.snapshots.map(({ id }) => id)].join(" ");
    if (wanted === this.seen) return;
    this.seen = wanted;
    const turn = ++this.turn;
    const pictures = this.looks;
    this.looks = new Map();
    for (const { id } of machine.snapshots) {
      const known = pictures.get(id);
      if (known) this.looks.set(id, known);
    }
    for (const [id, { url }] of pictures) if (url && !this.looks.has(id)) URL.revokeObjectURL(url);
    for (const { id } of machine.snapshots) {
      const bytes = await library.snapshotBytes(machine.id, id).catch(() => null);
      const url = this.of(id).url ?? addressOf(await library.thumbnail(machine.id, id).catch(() => null));
      if (turn !== this.turn) {
        if (url && url !== this.of(id).url) URL.revokeObjectURL(url);
        return;
      }
      this.looks.set(id, { bytes, url });
      this.dispatchEvent(new Event("change"));
    }
  }

  forget(): void {
    this.turn++;
    this.seen = "";
    for (const { url } of this.looks.values()) if (url) URL.revokeObjectURL(url);
    this.looks = new Map();
  }
}

function addressOf(picture: Uint8Array | null): string | null {
  return picture ? URL.createObjectURL(new Blob([picture as Uint8Array<ArrayBuffer>], { type: "image/png" })) : null;
}
