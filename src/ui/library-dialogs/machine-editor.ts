/**
 * The settings of a machine of the library: its system, hardware, drives. While it runs only CD and floppy can be changed,
 * and they are at once. Tells "closed".
 */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { DISK_SLOTS } from "../../protocol/library.ts";
import type { Hardware, MachineRecord, MachineState, MediumId, MediumKind, Slot } from "../../protocol/library.ts";
import type { BootDevice, ExecutionLimits } from "../../protocol/machine-config.ts";
import type { Clerk } from "../../services/clerk.ts";
import { isMemory } from "../../services/preferences.ts";
import { icon } from "../icon/icon.ts";
import { language } from "../messages/language.ts";
import { memoryField, nameField, processorField, systemField, textField } from "../shared/machine-fields.ts";
import { Modal } from "../shared/modal.ts";
import { pickFiles } from "../shared/pick-files.ts";
import "../shared/form.css";
import "./machine-editor.css";

const kindOf: Record<Slot, MediumKind> = {
  disk0: "disk",
  disk1: "disk",
  disk2: "disk",
  cdrom: "cdrom",
  floppy: "floppy",
  kernel: "file",
  initrd: "file",
};

const TABS = ["general", "hardware", "drives", "kernel"] as const;
type Tab = (typeof TABS)[number];

@customElement("machine-editor")
export class MachineEditor extends Modal {
  @property({ attribute: false }) clerk!: Clerk;
  @property({ attribute: false }) machine!: MachineRecord;
  @state() private tab: Tab = "general";
  @state() private name = "";
  @state() private osId = "";
  @state() private hardware!: Hardware;
  @state() private memory = "";
  @state() private limits!: ExecutionLimits;
  @state() private media: Partial<Record<Slot, MediumId | null>> = {};
  /** Where the size of a new disk is asked for. */
  @state() private sizing: Slot | null = null;

  constructor() {
    super();
    this.follow(() => this.clerk?.library);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const { name, osId, hardware, media, limits } = this.machine;
    Object.assign(this, {
      name,
      osId,
      hardware: { ...hardware },
      memory: String(hardware.memoryMiB),
      media: { ...media },
      limits: { ...limits },
    });
  }

  private get stateNow(): MachineState {
    return (this.clerk.library.machine(this.machine.id) ?? this.machine).state;
  }

  private get off(): boolean {
    return ["poweredOff", "aborted", "inaccessible"].includes(this.stateNow);
  }

  protected override heading(): string {
    return this.t.editor.title(this.machine.name);
  }

  protected override body() {
    const { t, off } = this;
    const words = t.editor;
    return html`
      <form class="form editor" @submit=${this.submit}>
        <div class="tabs" role="tablist" aria-label=${words.parts} @keydown=${this.walk}>
          ${TABS.map(
            (tab) =>
              html`<button
                type="button"
                role="tab"
                id="tab-${tab}"
                aria-controls="panel-${tab}"
                aria-selected=${tab === this.tab ? "true" : "false"}
                tabindex=${tab === this.tab ? 0 : -1}
                @click=${() => (this.tab = tab)}
              >
                ${words.tabs[tab]}
              </button>`,
          )}
        </div>
        ${off ? nothing : html`<p class="concern" role="note">${icon("warning")}${this.stateNow === "saved" ? words.saved : words.running}</p>`}
        ${TABS.map(
          (tab) =>
            html`<div
              class="panel"
              role="tabpanel"
              id="panel-${tab}"
              aria-labelledby="tab-${tab}"
              ?hidden=${tab !== this.tab}
            >
              ${this.panel(tab)}
            </div>`,
        )}
        <div class="answers">
          <button type="button" class="button" @click=${() => this.dismiss()}>${t.cancel}</button>
          <button
            type="submit"
            class="button primary"
            ?disabled=${this.name.trim() === "" || !this.memoryIsRight || !this.limitsAreRight}
          >
            ${words.save}
          </button>
        </div>
      </form>
    `;
  }

  private panel(tab: Tab) {
    switch (tab) {
      case "general":
        return this.general();
      case "hardware":
        return this.hardwarePart();
      case "drives":
        return html`${DISK_SLOTS.map((slot) => this.drive(slot))}${this.drive("cdrom")}${this.drive("floppy")}`;
      case "kernel":
        return html`
          <p class="hint">${this.t.editor.kernelHint}</p>
          ${this.drive("kernel")}${this.drive("initrd")}
          ${textField({
            label: this.t.editor.commandLine,
            disabled: !this.off,
            value: this.hardware.commandLine ?? "",
            change: (commandLine) => this.setHardware({ commandLine }),
          })}
        `;
    }
  }

  private general() {
    return html`
      ${nameField({ value: this.name, change: (name) => (this.name = name) })}
      ${systemField({ value: this.osId, change: (id) => (this.osId = id), hint: this.t.editor.systemHint })}
    `;
  }

  private hardwarePart() {
    const { t, hardware, off } = this;
    const words = t.settings;
    return html`
      ${memoryField({
        value: this.memory,
        isRight: this.memoryIsRight,
        disabled: !off,
        change: (text) => (this.memory = text.trim()),
      })}
      ${processorField({
        value: hardware.cpuModel,
        disabled: !off,
        change: (cpuModel) => this.setHardware({ cpuModel }),
      })}
      <div class="two">
        <label class="field">
          <span>${t.editor.cap}</span>
          <div class="with-unit">
            <input
              type="number"
              min="1"
              max="100"
              step="1"
              autocomplete="off"
              aria-describedby="cap-hint"
              .value=${String(this.limits.executionCapPercent)}
              @input=${(event: Event) => this.setLimit("executionCapPercent", event)}
            />
            <span aria-hidden="true">%</span>
          </div>
          <small class="hint" id="cap-hint">${t.editor.capHint}</small>
        </label>
        <label class="field">
          <span>${t.editor.shares}</span>
          <input
            type="number"
            min="1"
            max="1000"
            step="1"
            autocomplete="off"
            aria-describedby="shares-hint"
            .value=${String(this.limits.processorShares)}
            @input=${(event: Event) => this.setLimit("processorShares", event)}
          />
          <small class="hint" id="shares-hint">${t.editor.sharesHint}</small>
        </label>
      </div>
      <fieldset class="order">
        <legend>${words.bootOrder}</legend>
        <ol>
          ${hardware.bootOrder.map(
            (device, i) => html`
              <li>
                <span>${t.devices[device]}</span>
                <button
                  type="button"
                  class="button small plain up"
                  ?disabled=${i === 0 || !off}
                  aria-label=${t.editor.sooner(t.devices[device])}
                  @click=${() => this.move(device, -1)}
                >
                  ${icon("chevron")}
                </button>
                <button
                  type="button"
                  class="button small plain"
                  ?disabled=${i === hardware.bootOrder.length - 1 || !off}
                  aria-label=${t.editor.later(t.devices[device])}
                  @click=${() => this.move(device, 1)}
                >
                  ${icon("chevron")}
                </button>
              </li>
            `,
          )}
        </ol>
      </fieldset>
    `;
  }

  private drive(slot: Slot) {
    const { t, clerk, off } = this;
    const words = t.editor;
    const kind = kindOf[slot];
    const removable = slot === "cdrom" || slot === "floppy";
    // The saved memory knows what was in the drives.
    const locked = !off && (!removable || this.stateNow === "saved");
    const chosen = this.media[slot] ?? "";
    const elsewhere = Object.entries(this.media)
      .filter(([other, id]) => other !== slot && id)
      .map(([, id]) => id);
    const media = clerk.library.media.filter((medium) => medium.kind === kind && !elsewhere.includes(medium.id));
    return html`
      <div class="slot">
        <label class="field">
          <span>${t.library.slots[slot]}</span>
          <select
            aria-label=${t.library.slots[slot]}
            ?disabled=${locked}
            @change=${(event: Event) => void this.put(slot, (event.target as HTMLSelectElement).value || null)}
          >
            <option value="" ?selected=${chosen === ""}>${words.nothingIn}</option>
            ${media.map(
              (medium) =>
                html`<option value=${medium.id} ?selected=${medium.id === chosen}>
                  ${medium.name}${medium.sizeBytes > 0 ? ` (${language.size(medium.sizeBytes)})` : ""}
                </option>`,
            )}
          </select>
        </label>
        ${
          kind === "disk"
            ? html`<button
                type="button"
                class="button small"
                ?disabled=${locked}
                aria-label="${words.newDisk}: ${t.library.slots[slot]}"
                aria-expanded=${this.sizing === slot ? "true" : "false"}
                @click=${() => (this.sizing = this.sizing === slot ? null : slot)}
              >
                ${icon("plus")}${words.newDisk}
              </button>`
            : nothing
        }
        <button
          type="button"
          class="button small"
          ?disabled=${locked}
          aria-label="${words.fromFile}: ${t.library.slots[slot]}"
          @click=${() => void this.fromFile(slot)}
        >
          ${icon("open")}${words.fromFile}
        </button>
        ${this.sizing === slot ? this.newDiskSize(slot) : nothing}
      </div>
    `;
  }

  private newDiskSize(slot: Slot) {
    const words = this.t.editor;
    return html`<div class="sizing">
      <label class="field">
        <span>${words.newDiskSize}</span>
        <input
          class="size"
          inputmode="decimal"
          autocomplete="off"
          value="8"
          @keydown=${(event: KeyboardEvent) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            void this.newDisk(slot);
          }}
        />
      </label>
      <button type="button" class="button small primary" @click=${() => void this.newDisk(slot)}>
        ${words.makeDisk}
      </button>
    </div>`;
  }

  private get memoryIsRight(): boolean {
    return /^\d+$/.test(this.memory) && isMemory(Number(this.memory));
  }

  private get limitsAreRight(): boolean {
    const { executionCapPercent: cap, processorShares: shares } = this.limits;
    const whole = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most;
    return whole(cap, 100) && whole(shares, 1000);
  }

  private setLimit(which: keyof ExecutionLimits, event: Event): void {
    this.limits = { ...this.limits, [which]: Number((event.target as HTMLInputElement).value || NaN) };
  }

  private setHardware(change: Partial<Hardware>): void {
    this.hardware = { ...this.hardware, ...change };
  }

  private move(device: BootDevice, step: number): void {
    const order = this.hardware.bootOrder.filter((other) => other !== device);
    order.splice(this.hardware.bootOrder.indexOf(device) + step, 0, device);
    this.setHardware({ bootOrder: order });
  }

  /** CDs and floppies of a machine that runs are changed now. */
  private async put(slot: Slot, medium: MediumId | null): Promise<void> {
    if (!this.off && (slot === "cdrom" || slot === "floppy"))
      if (!(await this.clerk.insert(this.machine.id, slot, medium))) return;
    this.media = { ...this.media, [slot]: medium };
  }

  private async newDisk(slot: Slot): Promise<void> {
    const sizeGiB = Number(this.renderRoot.querySelector<HTMLInputElement>("input.size")!.value.replace(",", "."));
    if (!(sizeGiB > 0)) return;
    this.sizing = null;
    const disk = await this.clerk.createDisk(this.name, Math.round(sizeGiB * 1024) * 2 ** 20);
    if (disk) await this.put(slot, disk.id);
  }

  private async fromFile(slot: Slot): Promise<void> {
    const [file] = await pickFiles({ multiple: false });
    const medium = file ? await this.clerk.importMedium(file, kindOf[slot]) : null;
    if (medium && this.isConnected) await this.put(slot, medium.id);
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.code];
    if (!step) return;
    event.preventDefault();
    this.tab = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length]!;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus());
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const { machine, clerk, off } = this;
    const commandLine = this.media.kernel ? (this.hardware.commandLine ?? "") : "";
    const hardware = { ...this.hardware, memoryMiB: Number(this.memory), commandLine };
    if (this.name.trim() !== machine.name && !(await clerk.rename(machine.id, this.name.trim()))) return;
    const media = Object.fromEntries(
      Object.entries(kindOf).map(([slot]) => [slot, this.media[slot as Slot] ?? null]),
    ) as Record<Slot, MediumId | null>;
    if (await clerk.modify(machine.id, { osId: this.osId, limits: this.limits, ...(off ? { hardware, media } : {}) }))
      this.dismiss();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-editor": MachineEditor;
  }
}
