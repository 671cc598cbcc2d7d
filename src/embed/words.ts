/** The few words that an embedded machine says itself, by the language of the page around it. */

const en = {
  tag: "en",
  start: "Start",
  pause: "Pause",
  resume: "Resume",
  reset: "Reset",
  fullScreen: "Full screen",
  controls: "Machine controls",
  loading: "Loading…",
  loaded: (percent: string) => `Loading… ${percent}`,
  states: {
    poweredOff: "Switched off", starting: "Starting", running: "Running", paused: "Paused", saving: "Saving",
    restoring: "Restoring", stopping: "Stopping", aborted: "Stopped by a fault",
  } as Record<string, string>,
  screen: (title: string) => (title ? `Screen of ${title}` : "Screen of the machine"),
  help: (key: string) => `Keys go to the guest. ${key} gives the keyboard back to the page.`,
  rightCtrl: "Right Ctrl",
  rightCommand: "Right ⌘",
}; // prettier-ignore

const es: typeof en = {
  tag: "es",
  start: "Iniciar",
  pause: "Pausar",
  resume: "Continuar",
  reset: "Reiniciar",
  fullScreen: "Pantalla completa",
  controls: "Mandos de la máquina",
  loading: "Cargando…",
  loaded: (percent) => `Cargando… ${percent}`,
  states: {
    poweredOff: "Apagada", starting: "Arrancando", running: "En marcha", paused: "En pausa", saving: "Guardando",
    restoring: "Restaurando", stopping: "Apagándose", aborted: "Detenida por un fallo",
  },
  screen: (title) => (title ? `Pantalla de ${title}` : "Pantalla de la máquina"),
  help: (key) => `Las teclas van al invitado. ${key} devuelve el teclado a la página.`,
  rightCtrl: "Ctrl derecho",
  rightCommand: "⌘ derecho",
}; // prettier-ignore

export type EmbedWords = typeof en;

/** Of the nearest `lang` around the element; English where there is none of ours. */
export function wordsFor(element: Element): EmbedWords {
  const tag = element.closest("[lang]")?.getAttribute("lang") || navigator.language;
  return tag.toLowerCase().startsWith("es") ? es : en;
}
