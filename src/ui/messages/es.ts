/** Los textos en español. */
import type { ParameterProblem } from "../../services/page-request.ts";
import type { Messages } from "./en.ts";
import { esLibrary } from "./es-library.ts";
import { esShare } from "./es-share.ts";
import { esTools } from "./es-tools.ts";

function parameter({ parameter, value, fault, least, most }: ParameterProblem): string {
  switch (fault) {
    case "notAUrl":
      return `«${parameter}» no es una dirección que se pueda abrir: «${value}».`;
    case "notFetchable":
      return `«${parameter}» es una dirección que una página no puede leer (solo http, https, blob y data): «${value}».`;
    case "notInRange":
      return least === most
        ? `«${parameter}» es «${value}», pero las máquinas tienen ${most} procesador en esta versión.`
        : `«${parameter}» es «${value}», pero debe ser un número entero de ${least} a ${most}.`;
    case "notASwitch":
      return `«${parameter}» es «${value}», pero debe ser 1 o 0.`;
    case "repeated":
      return `«${parameter}» se da más de una vez (también como «${value}»).`;
    case "tooMany":
      return `Hay demasiados «${parameter}»: en una máquina caben ${most} (el primero que sobra es «${value}»).`;
    case "needsKernel":
      return `«${parameter}» se da sin «kernel».`;
    case "empty":
      return `«${parameter}» está vacío; debería ser la dirección de un archivo.`;
    case "unknown":
      return `«${parameter}» no es un parámetro de esta página y no se tuvo en cuenta.`;
  }
}

export const es: Messages = {
  ...esTools,
  ...esLibrary,
  ...esShare,
  languageName: "Español",
  appName: "Posada",
  tagline: "Un PC entero en esta pestaña",
  intro:
    "Sistemas operativos de verdad en un ordenador emulado de 64 bits. Funciona en su propio equipo, dentro de esta página; no se instala nada ni se envía nada a ninguna parte.",
  skipToContent: "Ir al contenido",
  toStart: "Posada, a la página de inicio",
  language: "Idioma",
  theme: "Colores",
  themes: { system: "Como el sistema", light: "Claro", dark: "Oscuro" },
  guestFiles: "Archivos de invitados",
  close: "Cerrar",
  cancel: "Cancelar",
  dismiss: "Descartar",
  loadingList: "Buscando máquinas preparadas…",
  ready: {
    heading: "Listas para arrancar",
    others: "Otras máquinas preparadas",
    start: "Iniciar",
    startNamed: (name) => `Iniciar ${name}`,
    download: (size) => `${size} por cargar`,
    memory: (size) => `${size} de memoria`,
    version: (version) => `Núcleo ${version}`,
    none: "No hay máquinas preparadas junto a esta página. Quien la instaló puede traerlas con «npm run guests»; sus propias imágenes funcionan si el firmware está presente.",
  },
  guests: {
    "debian-cloud-amd64": {
      title: "Debian, núcleo de 64 bits con BusyBox",
      description:
        "El núcleo Linux de Debian para máquinas virtuales, con una consola de administrador en la pantalla y en la línea serie. La entrada más rápida.",
    },
    "debian-amd64": {
      title: "Debian, núcleo genérico de 64 bits",
      description: "El núcleo que Debian instala en los PC, con BusyBox.",
    },
    "debian-686": {
      title: "Debian, núcleo de 32 bits",
      description: "El núcleo para PC más antiguos (686), con BusyBox.",
    },
  },
  own: {
    heading: "Traiga el suyo",
    hint: "Suelte una imagen en cualquier parte de esta página, o ábrala. Posada reconoce por sí misma qué es.",
    open: "Abrir imagen…",
    kinds:
      "CD (ISO), disquete, imagen de disco (sin formato, VDI, VMDK, VHD, VHDX, QCOW2), núcleo Linux o Multiboot con initrd",
    dropHere: "Suelte para arrancarlo",
    dropBeside: "Suelte una imagen de CD o disquete para ponerla en su unidad",
  },
  settings: {
    heading: "Ajustes de la máquina",
    memory: "Memoria",
    memoryUnit: "MiB",
    memoryHint: (least, most) => `De ${least} a ${most}; vacío: lo que la máquina necesite`,
    memoryWrong: (least, most) => `La memoria debe ser un número entero de ${least} a ${most} MiB, o quedar vacía.`,
    automatic: "Automática",
    bootOrder: "Orden de arranque",
    bootAutomatic: "Primero lo que se abre",
    processor: "Procesador",
    processors: {
      default: "Todo lo que hay",
      "486": "486",
      pentium: "Pentium",
      pentium3: "Pentium III",
      "x86-64-v2": "x86-64-v2",
    },
  },
  devices: { disk: "Disco", cdrom: "CD", floppy: "Disquete" },
  roles: {
    title: (name) => `¿Qué es «${name}»?`,
    text: "El archivo no dice qué es. Usarlo como:",
    names: {
      disk: "Disco duro",
      floppy: "Disquete",
      cdrom: "CD",
      kernel: "Núcleo",
      initrd: "Disco RAM inicial",
    },
  },
  leave: {
    title: (name) => `¿Dejar «${name}»?`,
    text: "Sigue encendida.",
    behind: "Dejarla en marcha",
    behindHint: "Sigue funcionando en esta página; está entre las máquinas abiertas.",
    saveState: "Guardar su estado",
    saveStateHint: "Se conservan la memoria y lo demás; seguirá desde ahí cuando se inicie otra vez.",
    shutDown: "Apagarla",
    shutDownHint: "Pulsa el botón de encendido; el invitado termina por sí mismo.",
    yes: "Desenchufar y salir",
    yesHint: "Se pierde lo que no esté guardado en ella.",
  },
  open: {
    sideBySide: "Una junto a otra",
    heading: "Máquinas abiertas",
    close: (name) => `Cerrar ${name}`,
  },
  states: {
    poweredOff: "Apagada",
    starting: "Arrancando",
    running: "En marcha",
    paused: "En pausa",
    saving: "Guardando",
    restoring: "Restaurando",
    stopping: "Apagándose",
    aborted: "Abortada",
    saved: "Guardada",
    inaccessible: "Inaccesible",
  },
  loading: {
    heading: (name) => `Cargando ${name}`,
    state: "Cargando",
    bytes: (done, total) => `${done} de ${total}`,
    bytesOnly: (done) => `${done} hasta ahora`,
    label: "Archivos de la máquina",
    preparing: "Preparando la máquina…",
  },
  machine: {
    region: (name) => `Máquina ${name}`,
    controls: "Mandos de la máquina",
    start: "Iniciar",
    pause: "Pausar",
    resume: "Continuar",
    reset: "Reiniciar",
    powerButton: "Botón de encendido",
    powerButtonTip: "Pulsar el botón de encendido: el invitado se apaga",
    powerOff: "Desenchufar",
    powerOffTip: "Cortar la corriente",
    ctrlAltDel: "Ctrl+Alt+Supr",
    fullScreen: "Pantalla completa",
    leaveFullScreen: "Salir de pantalla completa",
    screenshot: "Captura de pantalla",
    serial: "Consola serie",
    drives: "Unidades",
    pointer: "Capturar el puntero",
    keyboard: "Teclado en pantalla",
    leave: "Dejar la máquina",
    readyToStart: "Lista para arrancar",
    switchedOff: "La máquina está apagada",
    paused: "En pausa",
    fault: "La máquina se detuvo por un fallo",
    screenLabel: (name) => `Pantalla de ${name}`,
    screenHelp: (key) =>
      `Las teclas van al invitado. ${key} devuelve el teclado a la página; con Supr envía Ctrl+Alt+Supr, con F cambia la pantalla completa, con P hace una pausa.`,
    keyboardHint: (key) => `Las teclas van al invitado · ${key} devuelve el teclado`,
    clickHint: "Pulse en la pantalla para escribir en el invitado",
    pointerHint: "El puntero es del invitado · Esc lo devuelve",
    pointerRefused: "El navegador no cedió el puntero; pulse otra vez en la pantalla.",
    rightCtrl: "Ctrl derecho",
    rightCommand: "⌘ derecho",
    fullScreenRefused: "El navegador no permite aquí la pantalla completa.",
    textInput: "Texto para el invitado",
    scale: "Tamaño de la pantalla",
    scales: { fit: "Ajustar a la ventana", integer: "Múltiplos enteros", original: "Tamaño original" },
    record: "Grabar un vídeo",
    recordTip: "Grabar un vídeo de la pantalla",
    stopRecording: "Dejar de grabar y guardar el vídeo",
    recordedFor: (time) => `Grabando ${time}`,
    recordingBegun: "Grabando",
    recordingSaved: "Vídeo entregado al navegador como descarga",
    ownWindow: "En una ventana propia",
    onTop: "En una ventana pequeña encima de las demás",
    inOwnWindow: "Su pantalla está en una ventana propia",
    bringBack: "Traerla aquí",
    backToPage: "Volver a la página",
    windowRefused: "El navegador no abrió ninguna ventana: permite que esta página las abra.",
    alone: "Mostrarla sola",
    closeTile: "Cerrar",
    takeSnapshot: "Tomar una instantánea",
    keep: "Conservar esta máquina",
    keepTip: "Conservar esta máquina en la biblioteca",
  },
  drives: {
    empty: "vacía",
    insertCdrom: "Insertar CD…",
    insertFloppy: "Insertar disquete…",
    ejectCdrom: "Expulsar CD",
    ejectFloppy: "Expulsar disquete",
    inserted: { cdrom: (name) => `CD «${name}» insertado`, floppy: (name) => `Disquete «${name}» insertado` },
    ejected: { cdrom: "CD expulsado", floppy: "Disquete expulsado" },
  },
  status: {
    label: "Estado de la máquina",
    speed: (millions) => `${millions} MIPS`,
    speedTip: "Millones de instrucciones por segundo",
    halted: (percent) => `${percent} en espera`,
    haltedTip: "Parte del tiempo en que el procesador del invitado espera",
    disk: "Disco",
    cdrom: "CD",
    floppy: "Disquete",
    active: "activo",
    idle: "en reposo",
    numLock: "Núm",
    capsLock: "Mayús",
    scrollLock: "Despl",
    on: "encendido",
    off: "apagado",
    mode: (width, height, text) => `${width} × ${height}${text ? ", texto" : ""}`,
  },
  serial: {
    heading: "Consola serie (COM1)",
    label: "Consola serie",
    opening: "Abriendo la consola…",
    hint: (key) => `${key} sale de la consola`,
  },
  files: {
    heading: "Archivos de invitados",
    text: "Firmware y sistemas que vienen con esta página: software libre, tomado de paquetes de Debian. Los sistemas de archivos raíz se empaquetan a partir de ellos.",
    file: "Archivo",
    package: "Paquete",
    version: "Versión",
    licence: "Licencia",
    size: "Tamaño",
    source: "Código fuente",
    sourceOf: (name) => `Código fuente de ${name}`,
    none: "No hay archivos de invitados junto a esta página.",
  },
  problems: {
    parameters: "La dirección de la página",
    codes: {
      badConfig: "Esta máquina no se puede construir",
      badMedia: "Este archivo no sirve",
      unreachable: "Un archivo no se puede cargar",
      outOfMemory: "No hay memoria suficiente",
      unsupportedHost: "Este navegador no puede ejecutar máquinas",
      tripleFault: "El invitado se colgó (triple fallo)",
      badState: "El estado guardado no sirve",
      wrongState: "Eso no es posible ahora",
      storage: "Una imagen de disco no se puede leer o escribir",
      internal: "Posada cometió un error",
    },
    parameter,
    file: (name) => `«${name}» no se puede usar`,
    library: "La biblioteca",
    fileWarning: (name) => `Sobre «${name}»`,
    resetMachine: "Reiniciar la máquina",
  },
};
