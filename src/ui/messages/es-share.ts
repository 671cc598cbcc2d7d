/** Textos en español de los enlaces: compartir una máquina y abrir una compartida. */
import type { LinkProblem } from "../../services/links/link-error.ts";
import type { enShare } from "./en-share.ts";

function linkProblem({ fault, field, value }: LinkProblem): string {
  switch (fault) {
    case "damaged":
      return "Este enlace está dañado o incompleto. Pídalo otra vez.";
    case "newer":
      return `Este enlace es de una Posada posterior (formato ${value}). Vuelva a cargar esta página o abra el enlace donde se hizo.`;
    case "tooLarge":
      return "Este enlace es mayor que la descripción de cualquier máquina.";
    case "wrongField":
      return `La descripción de esta máquina tiene mal «${field || "su forma"}»${value === undefined ? "" : ` (${value})`}.`;
    case "unknownField":
      return `La descripción de esta máquina tiene una parte desconocida, «${field}».`;
    case "notFetchable":
      return `La descripción de esta máquina nombra en «${field}» una dirección a la que un enlace no puede llevar (${value}).`;
    case "notPlainText":
      return `La descripción de esta máquina tiene en «${field}» caracteres ocultos o marcas.`;
    case "needsKernel":
      return `La descripción de esta máquina tiene «${field}» sin un núcleo.`;
    case "nothing":
      return "Este enlace describe una máquina sin ningún archivo desde el que arrancar.";
    case "unreachable":
      return `La descripción de esta máquina no se puede cargar: ${value}.`;
  }
}

export const esShare: typeof enShare = {
  link: {
    heading: (title) => `¿Abrir «${title}»?`,
    intro: "Alguien describió esta máquina en un enlace. Si está de acuerdo, se cargan estos archivos y la máquina arranca en esta página.",
    bounds: "No puede leer archivos suyos, llegar a una red ni cambiar máquinas que usted conserva.",
    description: "Descripción de quien hizo el enlace",
    files: "Archivos que se cargan",
    file: "Archivo",
    from: "Desde",
    size: "Tamaño",
    checked: "Comprobado",
    hereAlready: "este sitio",
    roles: { kernel: "Núcleo", initrd: "Disco RAM inicial", floppy: "Disquete", cdrom: "CD", disk: "Disco duro" },
    asClaimed: (size) => `${size}, dice el enlace`,
    unknownSize: "desconocido",
    missing: (status) => `no está (${status})`,
    unreachable: "sin respuesta",
    otherSize: (size, claimed) => `${size}, pero el enlace dice ${claimed}: se rechazará`,
    withSum: "por su suma",
    withLength: "por su longitud",
    withNothing: "sin comprobar",
    total: (size) => `${size} en total`,
    totalUnknown: "No se conoce el tamaño total.",
    elsewhere: "No se ha preguntado a otros servidores: solo sabrán de usted si pregunta o acepta.",
    ask: "Preguntar los tamaños a los servidores",
    asking: "Preguntando…",
    memory: "Memoria",
    memoryOf: (size) => `${size} de la memoria de este equipo`,
    words: "Línea de órdenes",
    agree: "Cargar e iniciar",
    refuse: "No abrir",
    title: "Este enlace no se abrió",
    problem: linkProblem,
  },
  offline: {
    keep: "Conservar para usar sin conexión",
    keepNamed: (name) => `Conservar ${name} para usar sin conexión`,
    coming: (name) => `Archivos de ${name} que se conservan`,
    giveUp: (name) => `No conservar ${name}`,
    kept: (size) => `Arranca sin conexión (${size})`,
    drop: "Quitar",
    dropNamed: (name) => `Dejar de conservar ${name}`,
    update: "Hay una versión nueva de Posada.",
    takeUpdate: "Cargarla",
  },
  share: {
    tool: "Compartir",
    toolTip: "Compartir esta máquina con un enlace",
    heading: (name) => `Compartir «${name}»`,
    intro: "El propio enlace contiene la descripción de la máquina, tal como es al encenderla. Ningún servidor la ve, y los archivos se quedan donde están.",
    title: "Título",
    description: "Descripción",
    files: "Archivos",
    address: (name) => `Dirección de «${name}»`,
    addressHint: "Este archivo solo está en este navegador. Póngalo donde otros puedan cargarlo y escriba aquí su dirección; sin ella queda fuera.",
    summing: "Calculando las sumas de comprobación…",
    sum: (size) => `${size}, con suma de comprobación`,
    noSum: (size) => `${size}, sin suma de comprobación (demasiado largo)`,
    noSize: "sin suma de comprobación",
    failed: "Su servidor no lo entrega ahora; va en el enlace sin suma de comprobación.",
    link: "Enlace",
    length: (count) => `${count} caracteres`,
    copy: "Copiar el enlace",
    copied: "Enlace copiado",
    copyRefused: "El navegador no lo aceptó; copie el enlace del campo.",
    send: "Enviar con otra aplicación…",
    leftOut: "queda fuera",
  },
}; // prettier-ignore
