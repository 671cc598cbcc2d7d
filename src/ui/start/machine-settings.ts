/** Memory, boot order and processor of whatever is started next. Tells "settings" (detail: MachineSettings). */
import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { BOOT_DEVICES, CPU_MODELS, MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "../../services/config-check.ts";
import type { MachineSettings } from "../../services/machine-plan.ts";
import { isMemory } from "../../services/preferences.ts";
import { PageElement } from "../shared/page-element.ts";
import "./machine-settings.css";

/** Every order of the devices. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) => orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

const BOOT_ORDERS = orders(BOOT_DEVICES);

@customElement("machine-settings")
export class MachineSettingsForm extends PageElement {
  @property({ attribute: false }) settings: MachineSettings = {};
  @state() private memoryWrong = false;

  protected override render() {
    const { t, settings, memoryWrong } = this;
    const words = t.settings;
    const chosenOrder = settings.bootOrder?.join();
    return html`
      <section class="settings" aria-labelledby="settings-heading">
        <h2 id="settings-heading">${words.heading}</h2>
        <div class="field">
          <label for="memory">${words.memory}</label>
          <div class="with-unit">
            <input
              id="memory"
              inputmode="numeric"
              autocomplete="off"
              placeholder=${words.automatic}
              aria-describedby="memory-hint"
              aria-invalid=${memoryWrong ? "true" : "false"}
              .value=${settings.memoryMiB === undefined ? "" : String(settings.memoryMiB)}
              @change=${this.memoryChanged}
            />
            <span aria-hidden="true">${words.memoryUnit}</span>
          </div>
          <p id="memory-hint" class=${memoryWrong ? "wrong" : ""} role=${memoryWrong ? "alert" : nothing}>
            ${(memoryWrong ? words.memoryWrong : words.memoryHint)(MIN_MEMORY_MIB, MAX_MEMORY_MIB)}
          </p>
        </div>
        <div class="field">
          <label for="boot-order">${words.bootOrder}</label>
          <select id="boot-order" @change=${this.bootOrderChanged}>
            <option value="" ?selected=${chosenOrder === undefined}>${words.bootAutomatic}</option>
            ${BOOT_ORDERS.map(
              (order) =>
                html`<option value=${order.join()} ?selected=${chosenOrder === order.join()}>
                  ${order.map((device) => t.devices[device]).join(", ")}
                </option>`,
            )}
          </select>
        </div>
        <div class="field">
          <label for="cpu-model">${words.processor}</label>
          <select id="cpu-model" @change=${this.cpuModelChanged}>
            ${CPU_MODELS.map(
              (model) =>
                html`<option value=${model} ?selected=${(settings.cpuModel ?? "default") === model}>
                  ${words.processors[model]}
                </option>`,
            )}
          </select>
        </div>
      </section>
    `;
  }

  private change(change: Partial<MachineSettings>): void {
    this.send("settings", { ...this.settings, ...change });
  }

  private memoryChanged(event: Event): void {
    const text = (event.target as HTMLInputElement).value.trim();
    const memoryMiB = /^\d+$/.test(text) ? Number(text) : NaN;
    this.memoryWrong = text !== "" && !isMemory(memoryMiB);
    if (!this.memoryWrong) this.change({ memoryMiB: text === "" ? undefined : memoryMiB });
  }

  private bootOrderChanged(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    this.change({ bootOrder: BOOT_ORDERS.find((order) => order.join() === value) });
  }

  private cpuModelChanged(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    this.change({ cpuModel: value === "default" ? undefined : CPU_MODELS.find((model) => model === value) });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "machine-settings": MachineSettingsForm;
  }
}
