/** Keys of the page's keyboard for the guest, while the screen has the focus. Control+Alt lets them go. */
import type { KeyCode } from "../protocol/vm-api.ts";

export function captureKeys(target: HTMLElement, send: (code: KeyCode, down: boolean) => void): void {
  const held = new Set<KeyCode>();
  const releaseAll = (): void => {
    for (const code of held) send(code, false);
    held.clear();
  };
  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.altKey) {
      releaseAll();
      return target.blur();
    }
    event.preventDefault();
    // The guest's keyboard repeats by itself.
    if (event.repeat || event.code === "") return;
    const code = event.code as KeyCode;
    held.add(code);
    send(code, true);
  });
  target.addEventListener("keyup", (event) => {
    const code = event.code as KeyCode;
    if (!held.delete(code)) return;
    event.preventDefault();
    send(code, false);
  });
  target.addEventListener("blur", releaseAll);
}
