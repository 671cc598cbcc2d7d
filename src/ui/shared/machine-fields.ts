/**
 * Fields for what every machine has, as the wizard and the settings show them: a label, the control, and below it a hint or
 * what is wrong. What is done with a value is the asker's.
 */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import type { CpuModel } from "../../protocol/machine-config.ts";
import { CPU_MODELS, MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "../../services/config-check.ts";
import { language } from "../messages/language.ts";
import { systemOptions } from "../wizard/system-options.ts";

interface Field<T> {
  value: T;
  change: (value: T) => void;
  disabled?: boolean;
  hint?: string;
}

interface TextField extends Field<string> {
  label: string;
  name?: string;
  /** What is wrong with it; "": something that is said elsewhere. */
  wrong?: string | undefined;
  unit?: string;
  inputmode?: "numeric" | "decimal";
  maxlength?: number;
  placeholder?: string;
  proposals?: { id: string; texts: readonly string[] };
  /** When the value is told: with each letter, or when it is whole. */
  tell?: "input" | "change";
}

const valueOf = (event: Event) => (event.target as HTMLInputElement | HTMLSelectElement).value;

function below(wrong: string | undefined, hint: string | undefined): TemplateResult | typeof nothing {
  if (wrong) return html`<small class="wrong">${wrong}</small>`;
  return hint ? html`<small class="hint">${hint}</small>` : nothing;
}

export function textField(field: TextField): TemplateResult {
  const { label, value, wrong, unit, proposals, change } = field;
  const tell = (event: Event) => {
    if (event.type === (field.tell ?? "input")) change(valueOf(event));
  };
  const input = html`<input
    name=${ifDefined(field.name)}
    inputmode=${ifDefined(field.inputmode)}
    autocomplete="off"
    spellcheck="false"
    maxlength=${ifDefined(field.maxlength)}
    placeholder=${ifDefined(field.placeholder)}
    list=${ifDefined(proposals?.id)}
    ?disabled=${field.disabled ?? false}
    aria-invalid=${wrong === undefined ? "false" : "true"}
    .value=${value}
    @input=${tell}
    @change=${tell}
  />`;
  return html`
    <label class="field">
      <span>${label}</span>
      ${unit ? html`<div class="with-unit">${input}<span aria-hidden="true">${unit}</span></div>` : input}
      ${proposals ? html`<datalist id=${proposals.id}>${proposals.texts.map((each) => html`<option value=${each}></option>`)}</datalist>` : nothing}
      ${below(wrong, field.hint)}
    </label>
  `;
}

export function nameField(field: Field<string> & Pick<TextField, "name" | "wrong">): TemplateResult {
  return textField({ label: language.messages.library.name, maxlength: 200, ...field });
}

/** @param isRight whether the text is a memory that machines can have */
export function memoryField(
  field: Field<string> & Pick<TextField, "name" | "tell"> & { isRight: boolean },
): TemplateResult {
  const { settings, editor } = language.messages;
  return textField({
    label: settings.memory,
    unit: settings.memoryUnit,
    inputmode: "numeric",
    wrong: field.isRight ? undefined : editor.memoryWrong(MIN_MEMORY_MIB, MAX_MEMORY_MIB),
    ...field,
  });
}

export function systemField({ value, change, hint }: Field<string>): TemplateResult {
  return html`
    <label class="field">
      <span>${language.messages.library.operatingSystem}</span>
      <select @change=${(event: Event) => change(valueOf(event))}>
        ${systemOptions(value)}
      </select>
      ${below(undefined, hint)}
    </label>
  `;
}

export function processorField({ value, change, disabled, hint }: Field<CpuModel>): TemplateResult {
  const words = language.messages.settings;
  return html`
    <label class="field">
      <span>${words.processor}</span>
      <select ?disabled=${disabled ?? false} @change=${(event: Event) => change(valueOf(event) as CpuModel)}>
        ${CPU_MODELS.map(
          (model) => html`<option value=${model} ?selected=${model === value}>${words.processors[model]}</option>`,
        )}
      </select>
      ${below(undefined, hint)}
    </label>
  `;
}
