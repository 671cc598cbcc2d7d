/** Lo que puede estar mal en imágenes de disco, paquetes, particiones y sistemas de archivos; por la frase inglesa. */

export const esImageFailures: Record<string, string> = {
  // Imágenes en general.
  "This {0} image is damaged: {1}.": "Esta imagen {0} está dañada: {1}.",
  "This image is cut short or damaged: {0} should be at byte {1}, but the file has {2} bytes.":
    "Esta imagen está incompleta o dañada: {0} debería estar en el byte {1}, pero el archivo tiene {2} bytes.",
  "This file is empty.": "Este archivo está vacío.",
  "This file is larger than any disk.": "Este archivo es mayor que cualquier disco.",
  "This is a web page, not a disk image.": "Esto es una página web, no una imagen de disco.",
  "This file is compressed ({0}): unpack it first.": "Este archivo está comprimido ({0}): descomprímalo antes.",
  'The {0} of this image, "{1}", is not here.': "Falta aquí «{1}», {0} de esta imagen.",
  "The chain of parents of this image does not end after {0} files.":
    "La cadena de bases de esta imagen no termina después de {0} archivos.",
  'The chain of parents of this image comes back to "{0}".': "La cadena de bases de esta imagen vuelve a «{0}».",
  'This image holds only changes; its parent, "{0}", is not here.':
    "Esta imagen solo contiene cambios; falta aquí su base, «{0}».",
  "This image holds only changes; its parent is not here.": "Esta imagen solo contiene cambios; falta aquí su base.",
  "An empty disk has no image.": "Un disco vacío no tiene imagen.",
  "This disk is too large for a VDI image.": "Este disco es demasiado grande para una imagen VDI.",
  "VHD images end at 2040 GB; this disk is larger.": "Las imágenes VHD acaban en 2040 GB; este disco es mayor.",
  "A VMDK image ends at 2 TB, and this disk would not fit in.":
    "Una imagen VMDK acaba en 2 TB, y este disco no cabría en ella.",
  "two parts of it lie at byte {0} of the file ({1} {2} and another)":
    "dos partes suyas están en el byte {0} del archivo ({1} {2} y otra)",
  "its {0} at byte {1} of the file lies over its {2}": "{0}, en el byte {1} del archivo, se solapa con {2}",
  "a disk of no bytes": "un disco sin bytes",
  "a disk of {0} bytes": "un disco de {0} bytes",
  "{0} blocks are too few for its {1} bytes": "{0} bloques son pocos para sus {1} bytes",
  "its type {0} is not known": "no se conoce su tipo {0}",
  "a compressed part cannot be unpacked": "una parte comprimida no se puede descomprimir",
  "a compressed part is too short": "una parte comprimida es demasiado corta",
  "a compressed part is no zlib stream": "una parte comprimida no es zlib",
  "a compressed part is cut short": "una parte comprimida está incompleta",
  "a compressed part is no Zstandard frame": "una parte comprimida no es Zstandard",
  "a compressed part needs a dictionary": "una parte comprimida necesita un diccionario",
  "a compressed part needs too much memory": "una parte comprimida necesita demasiada memoria",
  "a compressed part has another length than a cluster": "una parte comprimida no tiene la longitud de un clúster",
  "a compressed part has a block of no known kind": "una parte comprimida tiene un bloque de clase desconocida",

  // Partes de imágenes, dentro de otras frases.
  "a block": "un bloque",
  "a cluster": "un clúster",
  "a compressed cluster": "un clúster comprimido",
  "a compressed grain": "un grano comprimido",
  "a grain table": "una tabla de granos",
  "a header": "una cabecera",
  "a part of the disk": "una parte del disco",
  "a region": "una región",
  "a region table": "una tabla de regiones",
  "a sector bitmap": "un mapa de sectores",
  "a table": "una tabla",
  "the block table": "la tabla de bloques",
  "the descriptor": "el descriptor",
  "the end of an extent": "el final de una extensión",
  "the end of the disk": "el final del disco",
  "the end of what its log expects": "el final de lo que espera su registro",
  "the footer": "el pie",
  "the grain directory": "el directorio de granos",
  "the header": "la cabecera",
  "the log": "el registro",
  "the map": "el mapa",
  "the map of blocks": "el mapa de bloques",
  "the name of the backing file": "el nombre del archivo base",
  "the name of the parent": "el nombre de la base",
  "the table of tables": "la tabla de tablas",
  bitmap: "el mapa de sectores",
  block: "el bloque",
  "block table": "la tabla de bloques",
  cluster: "el clúster",
  descriptor: "el descriptor",
  extent: "extensión",
  "footer's copy": "la copia del pie",
  grain: "el grano",
  "grain directory": "el directorio de granos",
  "grain table": "la tabla de granos",
  header: "la cabecera",
  headers: "las cabeceras",
  map: "el mapa",
  metadata: "los metadatos",
  table: "la tabla",
  "table of reference counts": "la tabla de referencias",
  "table of tables": "la tabla de tablas",

  // QCOW2.
  "This QCOW2 image is cut short.": "Esta imagen QCOW2 está incompleta.",
  "QCOW images of version {0} are not read.": "Las imágenes QCOW de la versión {0} no se leen.",
  "This QCOW2 image is encrypted.": "Esta imagen QCOW2 está cifrada.",
  "This QCOW2 image has features that are not known here.":
    "Esta imagen QCOW2 tiene características que aquí no se conocen.",
  "This QCOW2 image keeps its data in another file; that is not read.":
    "Esta imagen QCOW2 guarda sus datos en otro archivo; eso no se lee.",
  "its clusters of 2^{0} bytes are not from 512 bytes to 2 MB":
    "sus clústeres de 2^{0} bytes no son de 512 bytes a 2 MB",
  "its header has {0} bytes": "su cabecera tiene {0} bytes",
  "This QCOW2 image says that its disk has {0} bytes.": "Esta imagen QCOW2 dice que su disco tiene {0} bytes.",
  "its clusters are too small for subclusters": "sus clústeres son demasiado pequeños para tener subclústeres",
  "its table of tables is too short for its disk": "su tabla de tablas es demasiado corta para su disco",
  "its table of tables is not at a cluster": "su tabla de tablas no empieza en un clúster",
  "its table of reference counts is not at a cluster": "su tabla de referencias no empieza en un clúster",
  "This QCOW2 image is compressed in a way that is not known here.":
    "Esta imagen QCOW2 está comprimida de un modo que aquí no se conoce.",
  "the name of its backing file is not in its place": "el nombre de su archivo base no está en su sitio",
  "The backing file of this QCOW2 image is no plain file.":
    "El archivo base de esta imagen QCOW2 no es un archivo corriente.",
  "an extension of its header has no end": "una extensión de su cabecera no tiene fin",
  "The backing file of this QCOW2 image has a format that is not read.":
    "El archivo base de esta imagen QCOW2 tiene un formato que no se lee.",
  "table {0} is not at a cluster": "la tabla {0} no empieza en un clúster",
  "cluster {0} begins inside another": "el clúster {0} empieza dentro de otro",
  "cluster {0} is both in the file and zeros": "el clúster {0} está en el archivo y a la vez es de ceros",
  "cluster {0} has parts in the file, but no place there":
    "el clúster {0} tiene partes en el archivo, pero no un sitio",

  // VDI.
  "block {0} should be the file's {1}th, of {2}": "el bloque {0} debería ser el {1} del archivo, de {2}",
  "its blocks begin inside its map": "sus bloques empiezan dentro de su mapa",
  "This VDI image holds only changes; give its parent as well, the image with the UUID {0}.":
    "Esta imagen VDI solo contiene cambios; dé también su base, la imagen con el UUID {0}.",
  "This VDI image was made from another parent: the one with the UUID {0}.":
    "Esta imagen VDI se hizo de otra base: la del UUID {0}.",
  "VDI images of version {0} are not read.": "Las imágenes VDI de la versión {0} no se leen.",
  "VDI images for undoing changes are not read.": "Las imágenes VDI para deshacer cambios no se leen.",
  "its sectors of {0} bytes are not 512": "sus sectores de {0} bytes no son de 512",
  "its blocks of {0} bytes are no power of two": "sus bloques de {0} bytes no son una potencia de dos",
  "{0} bytes before each block": "{0} bytes delante de cada bloque",
  "This VDI image says that its disk has {0} bytes.": "Esta imagen VDI dice que su disco tiene {0} bytes.",

  // VHD.
  "This VHD image is cut short.": "Esta imagen VHD está incompleta.",
  "neither its footer nor the copy of it has the right checksum":
    "ni su pie ni la copia de este tienen la suma de comprobación correcta",
  "VHD images of version {0} are not read.": "Las imágenes VHD de la versión {0} no se leen.",
  "This VHD image says that its disk has {0} bytes.": "Esta imagen VHD dice que su disco tiene {0} bytes.",
  "the header of its blocks is not where it should be": "la cabecera de sus bloques no está donde debería",
  "the header of its blocks has a wrong checksum": "la cabecera de sus bloques tiene mal la suma de comprobación",
  "This VHD image was made from another parent: the one with the UUID {0}.":
    "Esta imagen VHD se hizo de otra base: la del UUID {0}.",
  "the name of its parent has no end": "el nombre de su base no tiene fin",

  // VHDX.
  "its block table is too short for {0} blocks": "su tabla de bloques es demasiado corta para {0} bloques",
  "block {0} is there in parts, but there is no parent": "el bloque {0} está solo en parte, pero no hay base",
  "block {0} has no known state ({1})": "el bloque {0} no tiene un estado conocido ({1})",
  "the sectors of block {0} are not listed": "los sectores del bloque {0} no están en la lista",
  "it does not begin as one": "no empieza como tal",
  "The parent of this VHDX image was changed since, or is another one.":
    "La base de esta imagen VHDX se cambió desde entonces, o es otra.",
  "its log has no whole sectors": "su registro no tiene sectores enteros",
  "This VHDX image has a log of {0} bytes.": "Esta imagen VHDX tiene un registro de {0} bytes.",
  "it was not closed, and its log cannot be used": "no se cerró, y su registro no se puede usar",
  "This VHDX image says that it should have {0} bytes.": "Esta imagen VHDX dice que debería tener {0} bytes.",
  "its log changes what is behind the end of the file": "su registro cambia lo que hay después del final del archivo",
  "The log of this VHDX image has no end.": "El registro de esta imagen VHDX no tiene fin.",
  "neither of its headers has the right checksum": "ninguna de sus cabeceras tiene la suma de comprobación correcta",
  "VHDX images of version {0} are not read.": "Las imágenes VHDX de la versión {0} no se leen.",
  "VHDX logs of version {0} are not read.": "Los registros VHDX de la versión {0} no se leen.",
  "neither of its region tables has the right checksum":
    "ninguna de sus tablas de regiones tiene la suma de comprobación correcta",
  "This VHDX image needs a region that is not known here ({0}).":
    "Esta imagen VHDX necesita una región que aquí no se conoce ({0}).",
  "a region lies over its headers": "una región se solapa con sus cabeceras",
  "a region is there twice": "una región está dos veces",
  "its block table or its metadata is not there": "faltan su tabla de bloques o sus metadatos",
  "its regions overlap": "sus regiones se solapan",
  "its metadata is too short": "sus metadatos son demasiado cortos",
  "its metadata table is not there": "falta su tabla de metadatos",
  "This VHDX image needs metadata that are not known here ({0}).":
    "Esta imagen VHDX necesita metadatos que aquí no se conocen ({0}).",
  "a part of its metadata is outside of their region": "una parte de sus metadatos está fuera de su región",
  "its metadata are incomplete": "sus metadatos están incompletos",
  "sectors of {0} bytes": "sectores de {0} bytes",
  "its blocks of {0} bytes are no power of two from 1 to 256 MB":
    "sus bloques de {0} bytes no son una potencia de dos de 1 a 256 MB",
  "This VHDX image says that its disk has {0} bytes.": "Esta imagen VHDX dice que su disco tiene {0} bytes.",
  "This VHDX image names its parent in a way that is not known here.":
    "Esta imagen VHDX nombra su base de un modo que aquí no se conoce.",
  "the name of its parent is outside of its place": "el nombre de su base está fuera de su sitio",

  // VMDK.
  "This VMDK image has more than {0} extents.": "Esta imagen VMDK tiene más de {0} extensiones.",
  "its descriptor cannot be read": "su descriptor no se puede leer",
  "VMDK descriptors of this version are not read.": "Los descriptores VMDK de esta versión no se leen.",
  "This VMDK image is encrypted.": "Esta imagen VMDK está cifrada.",
  "This VMDK image stands for a real disk ({0}), not for a file.":
    "Esta imagen VMDK representa un disco de verdad ({0}), no un archivo.",
  "its descriptor names no extents": "su descriptor no nombra ninguna extensión",
  "This VMDK image says that its disk has {0} bytes.": "Esta imagen VMDK dice que su disco tiene {0} bytes.",
  "This VMDK image has an extent that may not be read.": "Esta imagen VMDK tiene una extensión que no se puede leer.",
  "VMDK extents of the kind {0} are not read.": "Las extensiones VMDK de la clase {0} no se leen.",
  "an extent has no length": "una extensión no tiene longitud",
  "an extent has no file": "una extensión no tiene archivo",
  "a descriptor inside an extent names other extents": "un descriptor dentro de una extensión nombra otras extensiones",
  "an extent is shorter than its descriptor says": "una extensión es más corta de lo que dice su descriptor",
  "The parent of this VMDK image was changed since, or is another one.":
    "La base de esta imagen VMDK se cambió desde entonces, o es otra.",
  "an extent is longer than its tables": "una extensión es más larga que sus tablas",
  "grain {0} is not where it should be": "el grano {0} no está donde debería",
  "grain {0} has {1} bytes": "el grano {0} tiene {1} bytes",
  "Sparse VMDK files of ESX servers (COWD) are not read.":
    "Los archivos VMDK dispersos de servidores ESX (COWD) no se leen.",
  "a sparse extent does not begin as one": "una extensión dispersa no empieza como tal",
  "This VMDK image is cut short: its end is not there.": "Esta imagen VMDK está incompleta: le falta el final.",
  "VMDK files of version {0} are not read.": "Los archivos VMDK de la versión {0} no se leen.",
  "it was sent as a text, and its line ends were changed":
    "se transmitió como texto y sus finales de línea se cambiaron",
  "This VMDK image is compressed in a way that is not read.":
    "Esta imagen VMDK está comprimida de un modo que no se lee.",
  "its grains of {0} bytes are no power of two from 4 KB to 16 MB":
    "sus granos de {0} bytes no son una potencia de dos de 4 KB a 16 MB",
  "its tables have {0} entries": "sus tablas tienen {0} entradas",
  "its descriptor has {0} bytes": "su descriptor tiene {0} bytes",

  // Paquetes.
  "This OVF description is longer than any.": "Esta descripción OVF es más larga que cualquiera.",
  "its description is another kind of XML": "su descripción es otra clase de XML",
  "This OVF package describes no machine.": "Este paquete OVF no describe ninguna máquina.",
  "its machine has no hardware": "su máquina no tiene hardware",
  "a disk has a file that the package does not name": "un disco tiene un archivo que el paquete no nombra",
  "This OVF package has a disk that holds only changes; that is not read.":
    "Este paquete OVF tiene un disco que solo contiene cambios; eso no se lee.",
  "the length of a disk is no number": "la longitud de un disco no es un número",
  "a drive has a disk that the package does not name": "una unidad tiene un disco que el paquete no nombra",
  "its processors or memory are no numbers": "sus procesadores o su memoria no son números",
  "The manifest of this package has no end.": "El manifiesto de este paquete no tiene fin.",
  "The manifest of this package cannot be read.": "El manifiesto de este paquete no se puede leer.",
  "The manifest of this package has sums of a kind that is not known here.":
    "El manifiesto de este paquete tiene sumas de una clase que aquí no se conoce.",
  "This archive is no OVA package: it has no OVF description.":
    "Este archivo no es un paquete OVA: no tiene descripción OVF.",
  "The description of this package is longer than any.": "La descripción de este paquete es más larga que cualquiera.",
  'The file "{0}" of this package is not here.': "Falta aquí el archivo «{0}» de este paquete.",
  'The file "{0}" of this package is damaged: its sum is not that of the manifest.':
    "El archivo «{0}» de este paquete está dañado: su suma no es la del manifiesto.",
  "A package has one to four disks.": "Un paquete tiene de uno a cuatro discos.",
  "A disk changed while it was packed; the package is not complete.":
    "Un disco cambió mientras se empaquetaba; el paquete está incompleto.",
  "This archive has more than {0} entries.": "Este archivo tiene más de {0} entradas.",
  "its entry at byte {0} has a wrong checksum": "su entrada en el byte {0} tiene mal la suma de comprobación",
  "This archive is cut short.": "Este archivo está incompleto.",
  'This archive has "{0}", which is no plain file.': "Este archivo tiene «{0}», que no es un archivo corriente.",
  'The name "{0}" leads out of its package; nothing of it is used.':
    "El nombre «{0}» lleva fuera de su paquete; no se usa nada de él.",
  "a name has no end": "un nombre no tiene fin",
  "a length is no number": "una longitud no es un número",
  "its description is no XML": "su descripción no es XML",
  "This OVF description has a document type; that is not read.":
    "Esta descripción OVF tiene un tipo de documento; eso no se lee.",
  "the elements of its description are not closed rightly": "los elementos de su descripción no se cierran bien",
  "This OVF description has no end.": "Esta descripción OVF no tiene fin.",
  "its description is cut short": "su descripción está incompleta",
  "This package has no disk with contents.": "Este paquete no tiene ningún disco con contenido.",

  // Particiones.
  "This disk has no partition table.": "Este disco no tiene tabla de particiones.",
  "This disk has no partition {0}.": "Este disco no tiene la partición {0}.",
  "This disk has no partitions.": "Este disco no tiene particiones.",
  "Partition {0} goes beyond the end of the disk.": "La partición {0} pasa del final del disco.",
  "Partition {0} ends before it begins.": "La partición {0} termina antes de empezar.",
  "The partition table is damaged; its copy at the end of the disk was read.":
    "La tabla de particiones está dañada; se leyó su copia al final del disco.",
  "The chain of logical partitions comes back to itself.": "La cadena de particiones lógicas vuelve a sí misma.",
  "The chain of logical partitions does not end.": "La cadena de particiones lógicas no termina.",
  "The chain of logical partitions leads out of the disk.": "La cadena de particiones lógicas sale del disco.",
  "The chain of logical partitions is broken.": "La cadena de particiones lógicas está rota.",
  "type {0}": "tipo {0}",
  "hidden FAT12": "FAT12 oculta",
  "hidden FAT16": "FAT16 oculta",
  "hidden FAT32": "FAT32 oculta",
  "NTFS or exFAT": "NTFS o exFAT",
  "Windows recovery": "recuperación de Windows",
  "Linux swap": "intercambio de Linux",
  "Linux root (x86-64)": "raíz de Linux (x86-64)",
  "Linux root (x86)": "raíz de Linux (x86)",
  "Linux extended boot": "arranque extendido de Linux",
  "Linux encrypted": "Linux cifrada",
  "Solaris boot": "arranque de Solaris",
  "EFI system": "sistema EFI",
  "BIOS boot": "arranque BIOS",
  "Microsoft reserved": "reservada de Microsoft",
  "Microsoft data": "datos de Microsoft",
  "Choose at least one partition.": "Elija al menos una partición.",
  "Partitions {0} and {1} overlap.": "Las particiones {0} y {1} se solapan.",
  "A partition of this disk lies over its partition table.":
    "Una partición de este disco se solapa con su tabla de particiones.",
  "No partition of this disk has files that can be read; see media info.":
    "Ninguna partición de este disco tiene archivos que se puedan leer; vea media info.",

  // Sistemas de archivos.
  "No file system is recognised here.": "Aquí no se reconoce ningún sistema de archivos.",
  "Files of a {0} file system are not read.": "Los archivos de un sistema {0} no se leen.",
  '"{0}" is a file, not a folder.': "«{0}» es un archivo, no una carpeta.",
  '"{0}" is a folder, not a file.': "«{0}» es una carpeta, no un archivo.",
  '"{0}" is no plain file.': "«{0}» no es un archivo corriente.",
  "A folder has more than {0} entries.": "Una carpeta tiene más de {0} entradas.",
  "This path is too long.": "Esta ruta es demasiado larga.",
  '"{0}" is a link that leads nowhere.': "«{0}» es un enlace que no lleva a ninguna parte.",
  'There is no "{0}" in this file system.': "No hay «{0}» en este sistema de archivos.",
  "it has no superblock": "no tiene superbloque",
  "This ext file system has features that are not read here.":
    "Este sistema de archivos ext tiene características que aquí no se leen.",
  "blocks that are larger than 64 KB": "bloques de más de 64 KB",
  "inodes of {0} bytes": "inodos de {0} bytes",
  "group descriptors of {0} bytes": "descriptores de grupo de {0} bytes",
  "its groups are empty": "sus grupos están vacíos",
  "inode {0} does not exist": "el inodo {0} no existe",
  "the inodes of group {0} are nowhere": "los inodos del grupo {0} no están en ninguna parte",
  "a folder of {0} bytes": "una carpeta de {0} bytes",
  "Small files that are kept beside their inode are not read.":
    "Los archivos pequeños que se guardan junto a su inodo no se leen.",
  "This file is encrypted.": "Este archivo está cifrado.",
  "This file is compressed by its file system.": "Este archivo está comprimido por su sistema de archivos.",
  "a folder has an entry that does not fit": "una carpeta tiene una entrada que no cabe",
  "a file of {0} bytes": "un archivo de {0} bytes",
  "a file lies behind the end of its file system": "un archivo está después del final de su sistema de archivos",
  "the parts of a file are not in order": "las partes de un archivo no están en orden",
  "the list of a file's parts makes no sense": "la lista de las partes de un archivo no tiene sentido",
  "a part of a file has no length": "una parte de un archivo no tiene longitud",
  "a file is longer than its blocks can be": "un archivo es más largo de lo que pueden ser sus bloques",
  "its boot sector makes no sense": "su sector de arranque no tiene sentido",
  "a file is shorter than its folder says": "un archivo es más corto de lo que dice su carpeta",
  "a chain leads to cluster {0}, which does not exist": "una cadena lleva al clúster {0}, que no existe",
  "a chain of clusters comes back to itself": "una cadena de clústeres vuelve a sí misma",
  "a folder has an entry that is too short": "una carpeta tiene una entrada demasiado corta",
  "a name is longer than its entry": "un nombre es más largo que su entrada",
  "what belongs to a name has no end": "lo que pertenece a un nombre no tiene fin",
  "it has no primary volume descriptor": "no tiene descriptor de volumen primario",
  "blocks of {0} bytes": "bloques de {0} bytes",
  "a file": "un archivo",
  "a folder": "una carpeta",
  "a name": "un nombre",
  "a volume descriptor": "un descriptor de volumen",
  "an inode": "un inodo",
  "the boot sector": "el sector de arranque",
  "the file allocation table": "la tabla de asignación de archivos",
  "the group descriptors": "los descriptores de grupo",
  "the list of a file's blocks": "la lista de los bloques de un archivo",
  "the list of a file's parts": "la lista de las partes de un archivo",
  "the root folder": "la carpeta raíz",
  "the superblock": "el superbloque",

  // Qué es un archivo, y si sirve para lo que se quiere.
  "This CD image has no boot record (El Torito): no system starts from it.":
    "Esta imagen de CD no tiene registro de arranque (El Torito): ningún sistema arranca de ella.",
  "This image has a UDF file system alone: no system starts from it.":
    "Esta imagen solo tiene un sistema de archivos UDF: ningún sistema arranca de ella.",
  "This CD image holds raw sectors of 2352 bytes (.bin); convert it to an ISO image first.":
    "Esta imagen de CD contiene sectores en bruto de 2352 bytes (.bin); conviértala antes en una imagen ISO.",
  "This file is {0}: too small for a CD image; it may be truncated.":
    "Este archivo tiene {0}: muy poco para una imagen de CD; puede que esté incompleto.",
  "This is not a CD image: it has no ISO 9660 or UDF file system.":
    "Esto no es una imagen de CD: no tiene un sistema de archivos ISO 9660 ni UDF.",
  "This file is {0}: too large for a floppy disk.": "Este archivo tiene {0}: demasiado para un disquete.",
  "This file is {0}: no floppy disk has that size; it may be truncated.":
    "Este archivo tiene {0}: ningún disquete tiene ese tamaño; puede que esté incompleto.",
  "This floppy image has no boot sector: no system starts from it.":
    "Esta imagen de disquete no tiene sector de arranque: ningún sistema arranca de ella.",
  "This file is {0}: too small for a disk image; it may be truncated.":
    "Este archivo tiene {0}: muy poco para una imagen de disco; puede que esté incompleto.",
  "This file is {0} bytes: not a whole number of 512-byte sectors, so it is no raw disk image or is truncated.":
    "Este archivo tiene {0} bytes: no son sectores enteros de 512 bytes, así que no es una imagen de disco sin formato o está incompleto.",
  "This disk has no boot sector: no system starts from it.":
    "Este disco no tiene sector de arranque: ningún sistema arranca de él.",
  "This ELF file has no Multiboot header, so it cannot be started directly as a kernel.":
    "Este archivo ELF no tiene cabecera Multiboot, así que no se puede arrancar directamente como núcleo.",
  "This file ({0}) is not a kernel that can be started directly: it is neither a Linux bzImage nor a Multiboot kernel.":
    "Este archivo ({0}) no es un núcleo que se pueda arrancar directamente: no es ni un bzImage de Linux ni un núcleo Multiboot.",
  "This file is {0}: too large for firmware.": "Este archivo tiene {0}: demasiado para un firmware.",
  "This is no firmware, or it is cut short: its {0} are not a multiple of 64 KB.":
    "Esto no es un firmware, o está incompleto: sus {0} no son un múltiplo de 64 KB.",
  "This is a web page, not an image file; the address probably leads to a page about the file.":
    "Esto es una página web, no una imagen; la dirección lleva seguramente a una página sobre el archivo.",
  "This is a hard disk's image in {0} format.": "Esto es una imagen de disco duro en formato {0}.",
  "This {0} is cut short: it should be {1} long, but the file has {2}.":
    "Está incompleto ({0}): debería tener {1}, pero el archivo tiene {2}.",
  "CD image": "imagen de CD",
  "floppy image": "imagen de disquete",
  "disk image": "imagen de disco",
  "Linux kernel": "núcleo Linux",
  "This cannot be read: it is a folder, or the file was moved, changed or is not yours to read.":
    "Esto no se puede leer: es una carpeta, o el archivo se movió, se cambió o usted no puede leerlo.",
  "This file is not recognized: it is no CD, floppy or disk image, and no kernel that can be started.":
    "Este archivo no se reconoce: no es una imagen de CD, disquete o disco, ni un núcleo que se pueda arrancar.",
  "This is an initial RAM disk; it needs a kernel: open both together.":
    "Esto es un disco RAM inicial; necesita un núcleo: abra los dos juntos.",
};
