/** Key combinations that a browser or the host's own system keeps for itself, for the menu of keys. */

export interface KeyCombination {
  /** As it is written on keyboards; the names are the same in both languages, but for Delete. */
  label: string;
  codes: readonly string[];
}

export const KEY_COMBINATIONS: readonly KeyCombination[] = [
  { label: "Ctrl+Alt+F1", codes: ["ControlLeft", "AltLeft", "F1"] },
  { label: "Ctrl+Alt+F2", codes: ["ControlLeft", "AltLeft", "F2"] },
  { label: "Ctrl+Alt+F7", codes: ["ControlLeft", "AltLeft", "F7"] },
  { label: "Ctrl+Alt+Backspace", codes: ["ControlLeft", "AltLeft", "Backspace"] },
  { label: "Alt+Tab", codes: ["AltLeft", "Tab"] },
  { label: "Alt+F4", codes: ["AltLeft", "F4"] },
  { label: "Ctrl+Esc", codes: ["ControlLeft", "Escape"] },
  { label: "⊞", codes: ["MetaLeft"] },
  { label: "PrtSc", codes: ["PrintScreen"] },
  { label: "F11", codes: ["F11"] },
  { label: "F12", codes: ["F12"] },
];
