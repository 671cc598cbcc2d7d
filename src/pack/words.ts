/** What a packed program's page says, in the reader's language. */

export interface PackWords {
  screen: string;
  loading: string;
  addFiles: string;
  begin: string;
  running: string;
  ended(status: number): string;
  endedUntold: string;
  files: string;
  failed: string;
  keys: string;
}

export const words: Record<"en" | "es", PackWords> = {
  en: {
    screen: "Screen of the program",
    loading: "Starting…",
    addFiles: "Files for the program…",
    begin: "Start",
    running: "Running",
    ended: (status) => `The program has ended with status ${status}.`,
    endedUntold: "The machine has ended, and the program told no status.",
    files: "Files that it wrote:",
    failed: "It cannot run here:",
    keys: "Click on the screen to type; Control+Alt lets the keyboard go.",
  },
  es: {
    screen: "Pantalla del programa",
    loading: "Iniciando…",
    addFiles: "Archivos para el programa…",
    begin: "Iniciar",
    running: "En marcha",
    ended: (status) => `El programa ha terminado con el estado ${status}.`,
    endedUntold: "La máquina ha terminado y el programa no ha indicado ningún estado.",
    files: "Archivos que ha escrito:",
    failed: "No puede funcionar aquí:",
    keys: "Haga clic en la pantalla para escribir; Control+Alt suelta el teclado.",
  },
};

export function wordsFor(languages: readonly string[]): PackWords {
  return languages[0]?.toLowerCase().startsWith("es") ? words.es : words.en;
}
