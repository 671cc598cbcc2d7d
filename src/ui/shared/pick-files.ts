/** The browser's file dialog. To be called while a click is handled. */

export function pickFiles({ multiple }: { multiple: boolean }): Promise<File[]> {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = multiple;
  input.hidden = true;
  // Some browsers open nothing for an input outside of the page.
  document.body.append(input);
  return new Promise((resolve) => {
    const finish = () => {
      input.remove();
      resolve([...(input.files ?? [])]);
    };
    input.addEventListener("change", finish, { once: true });
    input.addEventListener("cancel", finish, { once: true });
    input.click();
  });
}
