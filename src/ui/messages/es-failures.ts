/** Lo que se dice de fallos, en español; por la frase inglesa, con sus lugares ({0}, {1}…) en el orden que convenga. */
import { esImageFailures } from "./es-image-failures.ts";

export const esFailures: Record<string, string> = {
  ...esImageFailures,

  // Lo que una máquina puede ser.
  "A machine has {0} to {1} MiB of memory; {2} were asked for.":
    "Una máquina tiene de {0} a {1} MiB de memoria; se pidieron {2}.",
  "A machine takes {0} disks; {1} were given.": "En una máquina caben {0} discos; se dieron {1}.",
  "A machine with {0} is larger than a page can hold (4 GiB).":
    "Una máquina con {0} es mayor de lo que cabe en una página (4 GiB).",
  "The browser gives no room for a machine with {0}; close other tabs or choose less.":
    "El navegador no da sitio para una máquina con {0}; cierre otras pestañas o elija menos.",
  "{0} MiB of memory": "{0} MiB de memoria",
  "A flash image has {0} bytes; flash comes in blocks of 4 KiB.":
    "Una imagen flash tiene {0} bytes; la memoria flash va en bloques de 4 KiB.",
  "The flash images have {0} KiB in {1} chips; a machine takes {2} KiB in {3}.":
    "Las imágenes flash tienen {0} KiB en {1} chips; en una máquina caben {2} KiB en {3}.",
  "The floppy image has {0} bytes; no floppy disk is of that size.":
    "La imagen de disquete tiene {0} bytes; ningún disquete tiene ese tamaño.",
  "The machine has no firmware (a BIOS image such as SeaBIOS).":
    "La máquina no tiene firmware (una imagen de BIOS como SeaBIOS).",
  '"{0}" is no option of a machine; options are {1}.': "«{0}» no es una opción de una máquina; las hay estas: {1}.",
  "{0} is empty (0 bytes).": "{0} está vacío (0 bytes).",
  "{0} is no published state.": "{0} no es un estado publicado.",
  "{0} is {1}; it can be a URL, a Blob, an ArrayBuffer or a Uint8Array.":
    "{0} es {1}; puede ser una URL, un Blob, un ArrayBuffer o un Uint8Array.",
  "{0} is {1}; it can be a whole number from {2} to {3}.": "{0} es {1}; puede ser un número entero de {2} a {3}.",
  "{0} is {1}; it can be true or false.": "{0} es {1}; puede ser true o false.",
  "{0} is {1}; it can be {2}.": "{0} es {1}; puede ser {2}.",
  "{0} is {1}; it must be a list.": "{0} es {1}; debe ser una lista.",
  "{0} is {1}; it must be text.": "{0} es {1}; debe ser un texto.",
  "processors is {0}; this version of Posada runs machines with 1 processor.":
    "processors es {0}; esta versión de Posada hace funcionar máquinas con 1 procesador.",
  "{0} disks were given; a machine has room for {1}.": "Se dieron {0} discos; en una máquina caben {1}.",
  "{0} flash images were given; a machine has room for {1}.": "Se dieron {0} imágenes flash; en una máquina caben {1}.",
  "Modules were given without a kernel.": "Se dieron módulos sin un núcleo.",
  "An initrd was given without a kernel.": "Se dio un initrd sin un núcleo.",
  "A kernel command line was given without a kernel.": "Se dio una línea de órdenes sin un núcleo.",
  "bootOrder names a device twice.": "bootOrder nombra un dispositivo dos veces.",

  // Núcleos.
  "A Linux kernel takes no modules, only an initrd.": "Un núcleo Linux no lleva módulos, solo un initrd.",
  "The kernel file is no ELF file and its Multiboot header gives no addresses.":
    "El archivo del núcleo no es ELF y su cabecera Multiboot no da direcciones.",
  "The kernel is an ELF file, but not for 32-bit x86.": "El núcleo es un archivo ELF, pero no para x86 de 32 bits.",
  "The kernel's ELF file has nothing to load.": "El archivo ELF del núcleo no tiene nada que cargar.",
  "The machine's memory is too small for this kernel: it reaches up to {0} MiB.":
    "La memoria de la máquina es poca para este núcleo: llega hasta {0} MiB.",
  "The kernel's ELF file is cut off: it announces {0} bytes, and {1} are there.":
    "El archivo ELF del núcleo está incompleto: anuncia {0} bytes y tiene {1}.",
  "This kernel is for 64-bit processors, and the machine's processor model has 32 bits only.":
    "Este núcleo es para procesadores de 64 bits, y el modelo de procesador de la máquina solo tiene 32.",
  "The machine's memory is too small for this kernel and its initial RAM disk: they need about {0} MiB, and {1} MiB are there.":
    "La memoria de la máquina es poca para este núcleo y su disco RAM inicial: necesitan unos {0} MiB y hay {1}.",
  "The kernel's command line is too long: {0} bytes, and this kernel takes {1}.":
    "La línea de órdenes del núcleo es demasiado larga: {0} bytes, y este núcleo admite {1}.",
  "The kernel's command line is too long.": "La línea de órdenes del núcleo es demasiado larga.",
  "The kernel file is no Linux kernel (bzImage) and no Multiboot kernel{0}.":
    "El archivo del núcleo no es un núcleo Linux (bzImage) ni un núcleo Multiboot{0}.",
  " (it has only {0} bytes)": " (solo tiene {0} bytes)",
  " (it is an ELF file without a Multiboot header; for Linux, use the bzImage, not vmlinux)":
    " (es un archivo ELF sin cabecera Multiboot; con Linux use el bzImage, no vmlinux)",
  " (it is compressed with gzip)": " (está comprimido con gzip)",
  "The kernel file is cut off: its header announces {0} bytes, and {1} are there.":
    "El archivo del núcleo está incompleto: su cabecera anuncia {0} bytes y tiene {1}.",
  "The kernel file has no Multiboot header.": "El archivo del núcleo no tiene cabecera Multiboot.",
  "The Multiboot kernel demands something that Posada does not offer (header flags {0}h).":
    "El núcleo Multiboot exige algo que Posada no ofrece (indicadores de cabecera {0}h).",
  "The Multiboot kernel is cut off in its header.": "El núcleo Multiboot está incompleto en su cabecera.",
  "The Multiboot header is wrong: it lies outside the part of the file that it has loaded.":
    "La cabecera Multiboot está mal: está fuera de la parte del archivo que hace cargar.",
  "The Multiboot header is wrong: the image ends before it begins.":
    "La cabecera Multiboot está mal: la imagen acaba antes de empezar.",
  "The Multiboot kernel is cut off: its header announces {0} bytes, and {1} are there.":
    "El núcleo Multiboot está incompleto: su cabecera anuncia {0} bytes y tiene {1}.",
  "A gzip file among the kernel and its modules is damaged or cut short.":
    "Un archivo gzip, el núcleo o uno de sus módulos, está dañado o incompleto.",
  "it cannot be unpacked": "no se puede descomprimir",
  "there is no room for it": "no hay sitio para él",
  "it is cut off": "está incompleto",
  "it is shorter than announced": "es más corto de lo anunciado",
  "it is longer than announced": "es más largo de lo anunciado",
  "it is larger than it says": "es mayor de lo que dice",
  "it is no ELF file": "no es un archivo ELF",
  "its entry is in no segment": "su entrada no está en ningún segmento",
  "a number that is too long": "un número demasiado largo",
  "its checksum is wrong": "su suma de comprobación está mal",
  "a filter with an offset": "un filtro con desplazamiento",
  "filters that are not known": "filtros desconocidos",
  "its index is not where it should be": "su índice no está donde debería",
  "its index is too short": "su índice es demasiado corto",
  "a chunk of an unknown kind": "un trozo de clase desconocida",
  "properties that are not allowed": "propiedades que no se permiten",
  "it refers to what is not there": "se refiere a lo que no hay",
  "a chunk does not end where it should": "un trozo no acaba donde debería",

  // Cargar archivos.
  CD: "CD",
  Firmware: "Firmware",
  Floppy: "Disquete",
  Initrd: "Initrd",
  Kernel: "Núcleo",
  "Saved state": "Estado guardado",
  "VGA firmware": "firmware VGA",
  "Disk {0}": "Disco {0}",
  "Module {0}": "Módulo {0}",
  "Flash {0}": "Flash {0}",
  kernel: "núcleo",
  initrd: "initrd",
  firmware: "firmware",
  floppy: "disquete",
  "saved state": "estado guardado",
  "disk {0}": "disco {0}",
  "module {0}": "módulo {0}",
  "flash {0}": "flash {0}",
  "The {0} from {1} is not the file that was asked for: {2}.":
    "Lo que viene de {1} ({0}) no es el archivo que se pidió: {2}.",
  "it has {0} bytes, and {1} were expected": "tiene {0} bytes y se esperaban {1}",
  "at least {0}": "al menos {0}",
  "its SHA-256 is another one": "su SHA-256 es otra",
  "Reading the {0} from {1} broke off after {2} bytes.": "La lectura de {1} ({0}) se interrumpió después de {2} bytes.",
  "The {0} from {1} is cut short: {2} of {3} bytes came.":
    "El archivo de {1} ({0}) está incompleto: llegaron {2} de {3} bytes.",
  "The {0} at {1} cannot be read: {2}.": "No se puede leer {1} ({0}): {2}.",
  "The {0} at {1} cannot be read: the server answered {2}.": "No se puede leer {1} ({0}): el servidor respondió {2}.",
  "The {0} could not be read: {1}": "No se pudo leer el archivo ({0}): {1}",
  "the server cannot be reached": "no se llega al servidor",
  "the server is not reachable": "no se llega al servidor",
  "the server cannot be reached, or it does not allow this page to read the file (CORS)":
    "no se llega al servidor, o no permite que esta página lea el archivo (CORS)",
  "the server answered {0}": "el servidor respondió {0}",
  "it is not JSON": "no es JSON",
  "{0} cannot be read: {1}.": "No se puede leer {0}: {1}.",
  "The server does not allow access to {0} (status {1}).": "El servidor no permite acceder a {0} (estado {1}).",
  "There is no file at {0} (status {1}).": "No hay ningún archivo en {0} (estado {1}).",
  "The server of {0} has a problem of its own (status {1}).":
    "El servidor de {0} tiene un problema propio (estado {1}).",
  "The server refused to deliver {0} (status {1}).": "El servidor se negó a entregar {0} (estado {1}).",
  "The file at {0} is empty.": "El archivo de {0} está vacío.",
  "The file at {0} has changed since it was opened.": "El archivo de {0} cambió desde que se abrió.",
  "The server of {0} stopped to deliver parts of files.": "El servidor de {0} dejó de entregar partes de archivos.",
  "The server of {0} sent {1} bytes where {2} were asked for.":
    "El servidor de {0} envió {1} bytes donde se pidieron {2}.",
  "Reading {0} broke off.": "La lectura de {0} se interrumpió.",
  "The download of {0} broke off after {1} bytes.": "La descarga de {0} se interrumpió después de {1} bytes.",
  "The download of {0} is incomplete: {1} of {2} bytes came.":
    "La descarga de {0} está incompleta: llegaron {1} de {2} bytes.",
  "The file can no longer be read: it was changed, moved or removed since it was opened.":
    "El archivo ya no se puede leer: se cambió, se movió o se eliminó desde que se abrió.",
  "The file has become shorter since it was opened.": "El archivo se acortó desde que se abrió.",
  "The file has {0} bytes, but {1} were expected: it is another file.":
    "El archivo tiene {0} bytes, pero se esperaban {1}: es otro archivo.",
  "A file that is to be checked is opened by who checks it.":
    "Un archivo que se ha de comprobar lo abre quien lo comprueba.",
  "A medium of a library is opened by who has the library.": "Un medio de una biblioteca lo abre quien la tiene.",
  "A published medium is opened by the machine that it belongs to.":
    "Un medio publicado lo abre la máquina a la que pertenece.",
  '{0}: what the guest writes is kept in raw images only, and this is one in {1} format. Convert it, or use writable: "discard".':
    '{0}: lo que escribe el invitado solo se conserva en imágenes sin formato, y esta está en formato {1}. Conviértala, o use writable: "discard".',
  'What the guest writes to {0} cannot be kept: this host cannot write to where its image came from. Use writable: "discard".':
    'Lo que el invitado escribe ({0}) no se puede conservar: no se puede escribir en el lugar del que vino la imagen. Use writable: "discard".',
  "The list of ready-made machines (guests/manifest.json) cannot be read: {0}.":
    "La lista de máquinas preparadas (guests/manifest.json) no se puede leer: {0}.",
  "The {0} cannot be loaded from {1}; it belongs beside posada.js.":
    "No se puede cargar de {1} ({0}); debe estar junto a posada.js.",

  // El navegador.
  "This browser lacks {0}, which a machine needs; a current Chrome, Edge, Firefox or Safari has it.":
    "A este navegador le falta algo que una máquina necesita ({0}); un Chrome, Edge, Firefox o Safari actual lo tiene.",
  "This browser cannot draw the machine's screen: the canvas has no 2D context.":
    "Este navegador no puede dibujar la pantalla de la máquina: el lienzo no tiene contexto 2D.",
  "The canvas is in use already; a machine needs one of its own.":
    "El lienzo ya está en uso; una máquina necesita uno propio.",
  "There is no room left in what the browser lets this site keep.":
    "No queda sitio en lo que el navegador deja guardar a este sitio.",
  '"{0}" is no address': "«{0}» no es una dirección",
  "{0} does not answer, or does not allow this page to read it": "{0} no responde, o no permite que esta página lo lea",
  "the server answered {0} for {1}": "el servidor respondió {0} para {1}",
  "{0} is not JSON": "{0} no es JSON",
  "The browser's storage failed: {0}": "El almacenamiento del navegador falló: {0}",
  "The browser's storage failed ({0}): {1}": "El almacenamiento del navegador falló ({0}): {1}",
  "This browser does not let the page keep anything (a private window, or its settings).":
    "Este navegador no deja que la página guarde nada (una ventana privada, o sus ajustes).",
  "Here the browser does not let a page lock what it keeps; that needs an https address.":
    "Aquí el navegador no deja que una página bloquee lo que guarda; para eso hace falta una dirección https.",

  // Máquinas en marcha.
  "The machine has been removed.": "La máquina se quitó.",
  "The machine has not been created yet.": "La máquina todavía no se ha creado.",
  "This machine has been created already.": "Esta máquina ya se creó.",
  "The machine is {0}; this needs it to be {1}.": "La máquina está {0}; para esto tiene que estar {1}.",
  "{0} or {1}": "{0} o {1}",
  "switched off": "apagada",
  starting: "arrancando",
  running: "en marcha",
  paused: "en pausa",
  "being saved": "guardándose",
  "being restored": "restaurándose",
  "being switched off": "apagándose",
  "stopped by an error": "detenida por un error",
  "The guest's processor stopped at {0}: a fault occurred while it handled a double fault (triple fault).":
    "El procesador del invitado se detuvo en {0}: hubo un fallo mientras atendía un fallo doble (fallo triple).",
  "the guest switched itself off": "el invitado se apagó por sí mismo",
  "the guest wrote to the debug-exit port": "el invitado escribió en el puerto de salida de depuración",
  "The page in which it ran was closed, or failed.": "La página en la que funcionaba se cerró, o falló.",
  "The machine's worker failed: {0}.": "El proceso de la máquina falló: {0}.",
  "the medium is gone": "el medio ya no está",
  "a US keyboard has no key for {0}": "un teclado de EE. UU. no tiene tecla para {0}",
  "the machine stopped before all keys were typed": "la máquina se detuvo antes de que se teclearan todas las teclas",
  "A snapshot of this machine is being taken already.": "Ya se está tomando una instantánea de esta máquina.",
  "This machine cannot be traced here and now.": "Esta máquina no se puede rastrear aquí y ahora.",
  '"{0}" cannot be traced; there are {1}.': "«{0}» no se puede rastrear; hay {1}.",
  "Nobody watches what this machine uses.": "Nadie observa lo que usa esta máquina.",

  // Estados guardados.
  "This file is not a saved Posada machine.": "Este archivo no es una máquina guardada de Posada.",
  "The saved state is damaged or cut short; the machine was left as it is.":
    "El estado guardado está dañado o incompleto; la máquina se dejó como está.",
  "The saved state has format version {0}; this Posada reads version {1}.":
    "El estado guardado tiene el formato de la versión {0}; esta Posada lee la versión {1}.",
  "The saved state is of a machine with {0}; this one has {1}.":
    "El estado guardado es de una máquina con {0}; esta tiene {1}.",
  "{0} MiB of memory, 1 processor and CPU model {1}": "{0} MiB de memoria, 1 procesador y modelo de CPU {1}",
  "{0} MiB of memory, {1} processors and CPU model {2}": "{0} MiB de memoria, {1} procesadores y modelo de CPU {2}",
  "the saved state has changes to {0}, which this machine lacks":
    "el estado guardado tiene cambios de {0}, que esta máquina no tiene",
  "the saved state does not fit this machine: {0}": "el estado guardado no vale para esta máquina: {0}",
  "the saved state lacks a part of the machine ({0})": "al estado guardado le falta una parte de la máquina ({0})",
  "the saved state of {0} has version {1}; this Posada reads {2}":
    "el estado guardado de {0} tiene la versión {1}; esta Posada lee {2}",
  "The saved disk changes are of a form that this Posada does not read.":
    "Los cambios guardados del disco tienen una forma que esta Posada no lee.",
  "The saved state belongs to a disk of {0} bytes, but the disk given has {1}.":
    "El estado guardado pertenece a un disco de {0} bytes, pero el que se dio tiene {1}.",
  "The saved disk changes are damaged.": "Los cambios guardados del disco están dañados.",
  "The saved memory is of version {0}; this Posada reads version {1}.":
    "La memoria guardada es de la versión {0}; esta Posada lee la versión {1}.",
  "The saved memory of this machine is damaged.": "La memoria guardada de esta máquina está dañada.",
  "The saved memory of this machine is not in the library any more.":
    "La memoria guardada de esta máquina ya no está en la biblioteca.",
  "A part of the saved memory of this machine is not in the library any more.":
    "Una parte de la memoria guardada de esta máquina ya no está en la biblioteca.",
  "The memory that was saved is not in the library any more.": "La memoria que se guardó ya no está en la biblioteca.",

  // Máquinas publicadas.
  "The machine at {0} cannot be read: {1}.": "La máquina de {0} no se puede leer: {1}.",
  "The published machine at {0} cannot be used: {1}.": "La máquina publicada en {0} no se puede usar: {1}.",
  "it is no description of a machine": "no es la descripción de una máquina",
  "it has version {0}, and this Posada reads version {1}": "tiene la versión {0}, y esta Posada lee la versión {1}",
  "its {0} is no text": "su {0} no es un texto",
  "its {0} is no number": "su {0} no es un número",
  "the parts of its {0} are nowhere": "las partes de su {0} no están en ninguna parte",
  "it wants a processor that is not known here": "quiere un procesador que aquí no se conoce",
  "its bootOrder names what is no boot device": "su bootOrder nombra lo que no es un dispositivo de arranque",
  "its picture is no file beside it": "su imagen no es un archivo que esté a su lado",
  "one of its media is at no http address": "uno de sus medios no está en una dirección http",
  "it does not hold what its name says": "no contiene lo que dice su nombre",
  "A published disk cannot be written to.": "En un disco publicado no se puede escribir.",
  "The published disk is of version {0}; this Posada reads version {1}.":
    "El disco publicado es de la versión {0}; esta Posada lee la versión {1}.",
  "The published machine's list of its parts is damaged.":
    "La lista de las partes de la máquina publicada está dañada.",
  "A file of the published machine is damaged.": "Un archivo de la máquina publicada está dañado.",
  "A file of the published machine is damaged or cut short.":
    "Un archivo de la máquina publicada está dañado o incompleto.",
  "A part of this machine, {0}, is missing.": "Falta una parte de esta máquina, {0}.",
  "The published state is damaged.": "El estado publicado está dañado.",
  "Too much has changed since this machine was published; save its state as a file.":
    "Ha cambiado demasiado desde que se publicó esta máquina; guarde su estado como archivo.",
  "This machine has not gone on from a published state, so that there is none to differ from.":
    "Esta máquina no ha seguido desde un estado publicado, así que no hay ninguno con el que compararla.",
  "The state in this link is damaged or cut short.": "El estado de este enlace está dañado o incompleto.",
  "The state in this link claims to be larger than any such state.":
    "El estado de este enlace dice ser mayor que cualquier estado así.",
  "The state in this link is of version {0}; this Posada reads version {1}.":
    "El estado de este enlace es de la versión {0}; esta Posada lee la versión {1}.",
  "The state in this link belongs to another machine than the one that is there.":
    "El estado de este enlace pertenece a otra máquina que la que hay.",
  "The published state is of a machine with other memory.": "El estado publicado es de una máquina con otra memoria.",
  "The published state is of version {0}; this Posada reads version {1}.":
    "El estado publicado es de la versión {0}; esta Posada lee la versión {1}.",

  // La biblioteca.
  "This library is of version {0}; this Posada knows version 1.":
    "Esta biblioteca es de la versión {0}; esta Posada conoce la versión 1.",
  "This library is not in the browser's storage.": "Esta biblioteca no está en el almacenamiento del navegador.",
  "A machine of this library does not run here.": "Una máquina de esta biblioteca no funciona aquí.",
  "What was in {0} is not in the library any more.": "Lo que había en {0} ya no está en la biblioteca.",
  'The contents of "{0}" are not in the library any more.': "El contenido de «{0}» ya no está en la biblioteca.",
  "This machine is not in the library any more.": "Esta máquina ya no está en la biblioteca.",
  "This medium is not in the library any more.": "Este medio ya no está en la biblioteca.",
  'There is no such snapshot of "{0}" any more.': "Ya no existe esa instantánea de «{0}».",
  "A machine": "Una máquina",
  "A medium": "Un medio",
  "A snapshot": "Una instantánea",
  "{0} needs a name.": "{0} necesita un nombre.",
  "A name has up to {0} letters; this one has {1}.": "Un nombre tiene hasta {0} letras; este tiene {1}.",
  'There is a machine "{0}" already.': "Ya hay una máquina «{0}».",
  "Each group in a path needs a name.": "Cada grupo de una ruta necesita un nombre.",
  'A machine has no drive "{0}".': "Una máquina no tiene la unidad «{0}».",
  '"{0}" does not fit into {1}: it is a {2}.': "«{0}» no cabe en {1}: es de otra clase ({2}).",
  disk: "disco",
  file: "archivo",
  '"{0}" is a disk of "{1}" already.': "«{0}» ya es un disco de «{1}».",
  '"{0}" is a disk of "{1}" now; take it out there first.': "«{0}» es ahora un disco de «{1}»; sáquelo antes de ahí.",
  '"{0}" cannot be in the machine twice.': "«{0}» no puede estar dos veces en la máquina.",
  '"{0}" must be powered off for that.': "«{0}» tiene que estar apagada para eso.",
  '"{0}" must be powered off before a snapshot is restored.':
    "«{0}» tiene que estar apagada antes de que se restaure una instantánea.",
  '"{0}" is used by {1}.': "«{0}» lo usa {1}.",
  'snapshot "{0}" of "{1}"': "la instantánea «{0}» de «{1}»",
  '"{0}"': "«{0}»",
  "A disk of this library has lost a part of its contents.":
    "Un disco de esta biblioteca perdió una parte de su contenido.",
  "A part of this disk is not where it was kept: the library is damaged.":
    "Una parte de este disco no está donde se guardó: la biblioteca está dañada.",
  "What lies behind the new end of this disk is not empty; it would be lost.":
    "Lo que hay después del nuevo final de este disco no está vacío; se perdería.",
  "A disk has a whole number of {0}-byte sectors; {1} bytes are not.":
    "Un disco tiene sectores enteros de {0} bytes; {1} bytes no lo son.",
  "A disk of this size cannot be: 64 TiB are the most.": "No puede haber un disco de este tamaño: como mucho, 64 TiB.",
  '"{0}" is in use; it must be powered off for that.': "«{0}» está en uso; tiene que estar apagada para eso.",
  'Something is being done with "{0}"; it must be over first.':
    "Se está haciendo algo con «{0}»; antes tiene que acabar.",
  "This was cancelled.": "Esto se canceló.",
  '"{0}" runs already, here or in another tab.': "«{0}» ya está en marcha, aquí o en otra pestaña.",
  '"{0}" runs in another tab; change it there.': "«{0}» está en marcha en otra pestaña; cámbiela ahí.",
  '"{0}" runs in another tab; ask it there.': "«{0}» está en marcha en otra pestaña; pregúntele ahí.",
  '"{0}" does not run here.': "«{0}» no está en marcha aquí.",
  "This machine does not run here.": "Esta máquina no está en marcha aquí.",
  '"{0}" is open here; close it, or do this while it runs.':
    "«{0}» está abierta aquí; ciérrela, o haga esto mientras está en marcha.",
  "This file is no medium that is known; say what it is.": "Este archivo no es un medio conocido; diga qué es.",
  "Only disks have other formats; CDs, floppies and files are exported raw.":
    "Solo los discos tienen otros formatos; los CD, disquetes y archivos se exportan tal cual.",
  'The contents of "{0}" are not kept here, but at {1}.': "El contenido de «{0}» no se guarda aquí, sino en {1}.",
  "This needs up to {0}, but only {1} may still be kept here.":
    "Esto necesita hasta {0}, pero aquí solo se pueden guardar {1} más.",
  '"{0}" is no disk that is kept here.': "«{0}» no es un disco que se guarde aquí.",
  "This machine has {0} disks; here a machine has room for {1}.":
    "Esta máquina tiene {0} discos; aquí en una máquina caben {1}.",
  '"{0}" has no disk; there is nothing to carry away.': "«{0}» no tiene disco; no hay nada que llevarse.",
  "Choose the image to convert.": "Elija la imagen que se ha de convertir.",
  "Choose one image, and with it only files to which it refers.":
    "Elija una sola imagen, y con ella solo los archivos a los que se refiere.",
};
