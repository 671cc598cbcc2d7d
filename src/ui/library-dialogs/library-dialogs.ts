/**
 * What is asked before something is done with machines, snapshots and media of the library. Whoever gets a request hands
 * it to `machine()`, `snapshot()`, `medium()` or `wizard()`; answers go to the clerk. Tells "choosemachine" (detail: id)
 * for a machine that is new.
 */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type {
  CloneOptions,
  ExportFormat,
  MachineId,
  MachineRecord,
  MediumId,
  MediumRecord,
  SnapshotId,
  SnapshotOf,
} from "../../protocol/library.ts";
import { fileName } from "../../services/clerk.ts";
import type { Clerk } from "../../services/clerk.ts";
import type { ImageConverter } from "../../services/image-converter.ts";
import type { Desk } from "../../services/desk.ts";
import type { ReadyMachine } from "../../services/guest-library.ts";
import { MachineDraft } from "../../services/machine-draft.ts";
import { freeName, groupPaths } from "../../services/machine-list.ts";
import type { MachinePlan } from "../../services/machine-plan.ts";
import type { MediumFiles } from "../../services/medium-files.ts";
import { DownloadSink } from "../../services/download-sink.ts";
import "../dialogs/confirm-dialog.ts";
import type { ActionRequest } from "../machines/action-menu.ts";
import type { SnapshotRequest } from "../machines/snapshot-panel.ts";
import type { MediumRequest } from "../media/media-page.ts";
import "../media/disk-converter.ts";
import type { ConversionRequest } from "../media/disk-converter.ts";
import "../media/medium-files.ts";
import type { DownloadRequest } from "../media/medium-files.ts";
import { PageElement } from "../shared/page-element.ts";
import { saveFile } from "../shared/save-file.ts";
import "../wizard/machine-wizard.ts";
import "./clone-machine.ts";
import "./export-medium.ts";
import "./machine-editor.ts";
import "./remove-machine.ts";
import "./snapshot-changes.ts";
import "./text-prompt.ts";

interface Answer {
  name: string;
  text: string;
}

@customElement("library-dialogs")
export class LibraryDialogs extends PageElement {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) ready: readonly ReadyMachine[] = [];
  /** Looks into a medium. */
  @property({ attribute: false }) openFiles!: (id: MediumId, of?: SnapshotOf) => Promise<MediumFiles>;
  @property({ attribute: false }) converter!: ImageConverter;
  /** The dialog that is open. */
  @state() private shown: (() => TemplateResult) | null = null;

  protected override render() {
    return this.shown ? this.shown() : nothing;
  }

  /** Does what needs no word, asks about everything else. */
  machine(request: ActionRequest): void {
    const { clerk, t } = this;
    const words = t.library;
    const [id] = request.ids;
    const machine = clerk.library.machine(id ?? "");
    if (!machine) return;
    switch (request.action) {
      case "settings":
        return this.show(
          () => html`<machine-editor .clerk=${clerk} .machine=${machine} @closed=${this.close}></machine-editor>`,
        );
      case "rename":
        return this.prompt(
          words.renameTitle(machine.name),
          words.name,
          machine.name,
          words.actions.rename,
          ({ name }) => clerk.rename(machine.id, name),
        );
      case "group":
        return this.prompt(
          words.groupTitle(machine.name),
          words.groupWord,
          machine.group,
          words.actions.group,
          ({ name }) => clerk.setGroup(request.ids, name),
          { hint: words.groupHint, proposals: groupPaths(clerk.library.machines), mayBeEmpty: true },
        );
      case "snapshot":
        return this.takeSnapshot(machine.id);
      case "clone":
        return this.show(
          () =>
            html`<clone-machine
              .machineName=${machine.name}
              .proposal=${freeName(machine.name, clerk.library.machines)}
              @closed=${this.close}
              @answered=${this.answered<Pick<CloneOptions, "name" | "how">>((answer) => clerk.clone(machine.id, answer))}
            ></clone-machine>`,
        );
      case "export":
        return void clerk.exportMachine(machine.id);
      case "remove":
        return this.show(
          () =>
            html`<remove-machine
              .machine=${machine}
              @closed=${this.close}
              @answered=${this.answered<{ media: boolean }>(({ media }) => clerk.remove(machine.id, media))}
            ></remove-machine>`,
        );
      case "powerOff":
      case "discardState":
      case "reset": {
        const { title, text, yes } = words.sure[request.action];
        return this.confirm(title(machine.name), text, yes, () => clerk.perform(request.action, request.ids));
      }
      default:
        void clerk.perform(request.action, request.ids);
    }
  }

  takeSnapshot(id: MachineId): void {
    const words = this.t.snapshots;
    const count = this.clerk.library.machine(id)?.snapshots.length ?? 0;
    this.prompt(
      words.takeTitle,
      this.t.library.name,
      words.proposal(count + 1),
      words.take,
      ({ name, text }) => this.clerk.takeSnapshot(id, name, text),
      { textLabel: words.description },
    );
  }

  snapshot({ action, machine, snapshot }: SnapshotRequest): void {
    const { clerk } = this;
    const words = this.t.snapshots;
    switch (action) {
      case "restore":
        return this.confirm(words.restoreTitle(snapshot.name), words.restoreText, words.restore, () =>
          clerk.restoreSnapshot(machine.id, snapshot.id),
        );
      case "delete":
        return this.confirm(words.deleteTitle(snapshot.name), words.deleteText, words.delete, () =>
          clerk.deleteSnapshot(machine.id, snapshot.id),
        );
      case "rename":
        return this.prompt(
          words.renameTitle,
          this.t.library.name,
          snapshot.name,
          words.rename,
          ({ name, text }) => clerk.renameSnapshot(machine.id, snapshot.id, name, text),
          { textLabel: words.description, textValue: snapshot.description },
        );
      case "changes":
        return this.show(
          () =>
            html`<snapshot-changes
              .clerk=${clerk}
              .machine=${machine}
              .snapshot=${snapshot.id}
              .openFiles=${(medium: MediumId, id: SnapshotId | null) =>
                this.openFiles(medium, id === null ? undefined : { machine: machine.id, snapshot: id })}
              @closed=${this.close}
            ></snapshot-changes>`,
        );
      case "branch":
        return this.show(
          () =>
            html`<clone-machine
              .machineName=${machine.name}
              .snapshotName=${snapshot.name}
              .proposal=${freeName(`${machine.name} ${snapshot.name}`, clerk.library.machines)}
              @closed=${this.close}
              @answered=${this.answered<Pick<CloneOptions, "name" | "how">>((answer) =>
                clerk.clone(machine.id, { ...answer, snapshot: snapshot.id }),
              )}
            ></clone-machine>`,
        );
    }
  }

  medium({ action, medium, unused }: MediumRequest): void {
    const { clerk } = this;
    const words = this.t.media;
    if (action === "removeUnused")
      return this.confirm(
        words.removeUnusedTitle,
        unused.map(({ name }) => name).join(", "),
        words.actions.remove,
        () => clerk.removeMedia(unused.map(({ id }) => id)),
      );
    if (!medium) return;
    switch (action) {
      case "files":
        return this.files(medium);
      case "rename":
        return this.prompt(
          words.renameTitle(medium.name),
          this.t.library.name,
          medium.name,
          words.actions.rename,
          ({ name }) => clerk.renameMedium(medium.id, name),
        );
      case "export":
        if (medium.kind !== "disk") return void clerk.exportMedium(medium, "raw");
        return this.show(
          () =>
            html`<export-medium
              .name=${medium.name}
              @closed=${this.close}
              @answered=${this.answered<ExportFormat>((format) => clerk.exportMedium(medium, format))}
            ></export-medium>`,
        );
      case "resize":
        return this.prompt(
          words.resizeTitle(medium.name),
          words.newSize,
          String(Math.round((medium.sizeBytes / 2 ** 30) * 100) / 100),
          words.actions.resize,
          async ({ name }) => {
            const gib = Number(name.replace(",", "."));
            if (gib > 0) await clerk.resizeDisk(medium.id, Math.round(gib * 2 ** 21) * 512);
          },
          { hint: words.resizeHint },
        );
      case "compact":
        return void clerk.compactDisk(medium);
      case "remove":
        return this.confirm(words.removeTitle(medium.name), words.removeText, words.actions.remove, () =>
          clerk.removeMedia([medium.id]),
        );
    }
  }

  convert(): void {
    const { converter } = this;
    this.show(
      () =>
        html`<disk-converter
          .open=${(files: readonly File[]) => converter.open(files)}
          @closed=${this.close}
          @convert=${(event: CustomEvent<ConversionRequest>) => {
            this.close();
            void this.doConvert(event.detail);
          }}
        ></disk-converter>`,
    );
  }

  private async doConvert({ source, disk, partitions, result }: ConversionRequest): Promise<void> {
    const name = result.kind === "file" ? source.name : result.name;
    await this.clerk.job("convert", "converted", name, async (job) => {
      const made = await this.converter.convert(source, disk, partitions, result, job);
      if (result.kind === "file")
        saveFile(
          made as Blob,
          `${fileName(source.name)}.${result.format === "raw" ? "img" : result.format.replace(/-.*/, "")}`,
        );
      else if (result.kind === "machine") this.send("choosemachine", (made as MachineRecord).id);
    });
  }

  /** @param from what it begins with: a machine that is only tried until now */
  wizard(from?: { plan: MachinePlan; title: string }): void {
    const { clerk, desk, ready } = this;
    const draft = new MachineDraft(() => clerk.library.machines);
    if (from) void draft.usePlan(from.plan, from.title);
    const takenMiB = desk.machines
      .filter(({ isOn }) => isOn)
      .reduce((sum, { session }) => sum + (session.plan.memoryMiB ?? 512), 0);
    this.show(
      () =>
        html`<machine-wizard
          .draft=${draft}
          .ready=${ready}
          .takenMiB=${takenMiB}
          .groups=${groupPaths(clerk.library.machines)}
          @closed=${this.close}
          @make=${(event: CustomEvent<{ start: boolean }>) => {
            this.close();
            void this.make(draft, event.detail.start);
          }}
        ></machine-wizard>`,
    );
  }

  private async make(draft: MachineDraft, start: boolean): Promise<void> {
    const { clerk, desk } = this;
    try {
      const machine = await draft.make(clerk.library, clerk.jobs);
      this.send("choosemachine", machine.id);
      if (start) await desk.openKept(machine.id, true);
    } catch (error) {
      desk.tellError(error);
    }
  }

  private files(medium: MediumRecord): void {
    this.show(
      () =>
        html`<medium-files
          .medium=${medium}
          .openFiles=${() => this.openFiles(medium.id)}
          @closed=${this.close}
          @downloadfile=${(event: CustomEvent<DownloadRequest>) => void this.download(event.detail)}
        ></medium-files>`,
    );
  }

  private async download({ name, sizeBytes, read }: DownloadRequest): Promise<void> {
    await this.clerk.job("download", "exported", name, async ({ signal, onProgress }) => {
      const sink = new DownloadSink();
      const began = performance.now();
      let doneBytes = 0;
      for await (const piece of read()) {
        signal.throwIfAborted();
        await sink.write(piece);
        doneBytes += piece.length;
        const seconds = (performance.now() - began) / 1000;
        onProgress({ phase: "reading", doneBytes, totalBytes: sizeBytes, bytesPerSecond: doneBytes / Math.max(seconds, 0.001) }); // prettier-ignore
      }
      saveFile(sink.blob(), name);
    });
  }

  private show(dialog: () => TemplateResult): void {
    this.shown = dialog;
  }

  private readonly close = () => (this.shown = null);

  private answered<T>(act: (answer: T) => unknown) {
    return (event: CustomEvent<T>) => {
      this.close();
      void act(event.detail);
    };
  }

  private confirm(question: string, text: string, yes: string, act: () => unknown): void {
    this.show(
      () =>
        html`<confirm-dialog
          .question=${question}
          .text=${text}
          .yes=${yes}
          @closed=${this.close}
          @confirmed=${() => {
            this.close();
            void act();
          }}
        ></confirm-dialog>`,
    );
  }

  private prompt(
    question: string,
    label: string,
    value: string,
    yes: string,
    act: (answer: Answer) => unknown,
    more: { hint?: string; proposals?: readonly string[]; mayBeEmpty?: boolean; textLabel?: string; textValue?: string } = {}, // prettier-ignore
  ): void {
    this.show(
      () =>
        html`<text-prompt
          .question=${question}
          .label=${label}
          .value=${value}
          .yes=${yes}
          .hint=${more.hint ?? ""}
          .proposals=${more.proposals ?? []}
          .mayBeEmpty=${more.mayBeEmpty ?? false}
          .textLabel=${more.textLabel ?? ""}
          .textValue=${more.textValue ?? ""}
          @closed=${this.close}
          @answered=${this.answered<Answer>(act)}
        ></text-prompt>`,
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "library-dialogs": LibraryDialogs;
  }
}
