/**
 * The description of a machine in an OVF package, as plain data: processors, memory, disks and what they hang on,
 * network cards, firmware. Of several machines in one package the first is read. Both ways.
 *
 * Reference: [OVF] DMTF DSP0243 1.1.0, 7 (envelope), 8 (virtual hardware), 9.1 (DiskSection); resource types by CIM
 * DSP1041 (CIM_ResourceAllocationSettingData).
 */
import { ImageError, damaged } from "../formats/image-error.ts";
import { childNamed, elementsNamed, escapeXml, parseXml, textOf, type XmlElement } from "./xml.ts";

export interface OvfDisk {
  /** Name of the file in the package, "" for a disk that is to be made empty. */
  fileName: string;
  capacityBytes: number;
  controller: "ide" | "scsi" | "sata" | "other";
}

export interface OvfMachine {
  name: string;
  /** What the system is called, by the package. */
  operatingSystem: string;
  processors: number;
  memoryMiB: number;
  firmware: "bios" | "efi";
  disks: OvfDisk[];
  cdroms: number;
  floppies: number;
  networkCards: number;
  /** Words about what the package wants and no machine here has. */
  notes: string[];
}

const MAX_DESCRIPTOR_BYTES = 4 * 2 ** 20;
const resource = { processor: 3, memory: 4, ide: 5, scsi: 6, network: 10, floppy: 14, cd: 15, dvd: 16, disk: 17, sata: 20, usb: 23, graphics: 24, sound: 35 } as const; // prettier-ignore
const silent = new Set<number>([resource.usb, resource.graphics, resource.sound, 1]);

/** @throws ImageError */
export function parseOvf(bytes: Uint8Array): OvfMachine {
  if (bytes.length > MAX_DESCRIPTOR_BYTES) throw new ImageError("absurd", "This OVF description is longer than any.");
  const envelope = parseXml(new TextDecoder().decode(bytes));
  if (envelope.name !== "Envelope") damaged("OVF", "its description is another kind of XML");
  const [system, another] = [...elementsNamed(envelope, "VirtualSystem")];
  if (!system) throw new ImageError("unsupported", "This OVF package describes no machine.");
  const hardware = childNamed(system, "VirtualHardwareSection");
  if (!hardware) damaged("OVF", "its machine has no hardware");
  const machine = hardwareOf(hardware, disksOf(envelope));
  machine.name = textOf(system, "Name") || (system.attributes.get("id") ?? "");
  const kind = childNamed(system, "OperatingSystemSection");
  machine.operatingSystem = kind ? textOf(kind, "Description") : "";
  for (const config of elementsNamed(hardware, "Config"))
    if (config.attributes.get("key") === "firmware" && config.attributes.get("value") === "efi")
      machine.firmware = "efi";
  if (another) machine.notes.push("The package has more than one machine; the first was read.");
  return machine;
}

interface Described {
  fileName: string;
  capacityBytes: number;
}

/** Disks by their identifier; files by theirs, for devices that name a file at once. */
function disksOf(envelope: XmlElement): Map<string, Described> {
  const files = new Map<string, string>();
  for (const file of elementsNamed(envelope, "File"))
    files.set(file.attributes.get("id") ?? "", file.attributes.get("href") ?? "");
  const found = new Map<string, Described>();
  for (const [id, fileName] of files) found.set(`file/${id}`, { fileName, capacityBytes: 0 });
  for (const disk of elementsNamed(envelope, "Disk")) {
    const reference = disk.attributes.get("fileRef");
    if (reference !== undefined && !files.has(reference)) damaged("OVF", "a disk has a file that the package does not name"); // prettier-ignore
    if (disk.attributes.has("parentRef")) throw new ImageError("unsupported", "This OVF package has a disk that holds only changes; that is not read."); // prettier-ignore
    const capacity = Number(disk.attributes.get("capacity") ?? 0);
    const capacityBytes = capacity * unitBytes(disk.attributes.get("capacityAllocationUnits") ?? "byte");
    if (!(capacityBytes >= 0 && capacityBytes < 2 ** 53)) damaged("OVF", "the length of a disk is no number");
    found.set(`disk/${disk.attributes.get("diskId") ?? ""}`, { fileName: reference === undefined ? "" : files.get(reference)!, capacityBytes }); // prettier-ignore
  }
  return found;
}

/** "byte * 2^30", "MegaBytes", "GB", …. [OVF] Annex C */
function unitBytes(unit: string): number {
  const power = /byte\s*\*\s*(?:(\d+)\s*\*\s*)?2\s*\^\s*(\d+)/i.exec(unit);
  if (power) return Number(power[1] ?? 1) * 2 ** Number(power[2]);
  const word = /^(k|m|g|t)/i.exec(unit.trim())?.[1]?.toLowerCase();
  return word ? 1024 ** ("kmgt".indexOf(word) + 1) : 1;
}

function hardwareOf(hardware: XmlElement, disks: Map<string, Described>): OvfMachine {
  const machine: OvfMachine = { name: "", operatingSystem: "", processors: 1, memoryMiB: 512, firmware: "bios", disks: [], cdroms: 0, floppies: 0, networkCards: 0, notes: [] }; // prettier-ignore
  // Version 2 has items of their own names for disks and network cards.
  const items = hardware.children.filter(({ name }) => ["Item", "StorageItem", "EthernetPortItem"].includes(name));
  const controllers = new Map<string, OvfDisk["controller"]>();
  for (const item of items) {
    const kind = Number(textOf(item, "ResourceType"));
    const controller =
      kind === resource.ide ? "ide" : kind === resource.scsi ? "scsi" : kind === resource.sata ? "sata" : null;
    if (controller) controllers.set(textOf(item, "InstanceID"), controller);
  }
  const placed: { order: number[]; disk: OvfDisk }[] = [];
  for (const item of items) {
    const kind = Number(textOf(item, "ResourceType"));
    const quantity = Number(textOf(item, "VirtualQuantity") || 0);
    switch (kind) {
      case resource.processor:
        machine.processors = Math.max(1, quantity);
        break;
      case resource.memory:
        machine.memoryMiB = Math.max(1, Math.round((quantity * unitBytes(textOf(item, "AllocationUnits") || "byte * 2^20")) / 2 ** 20)); // prettier-ignore
        break;
      case resource.disk: {
        const host = /(?:ovf:)?\/?((?:disk|file)\/.*)$/.exec(textOf(item, "HostResource"))?.[1] ?? "";
        const described = disks.get(host);
        if (!described) damaged("OVF", "a drive has a disk that the package does not name");
        const parent = textOf(item, "Parent");
        const order = [Number(parent) || 0, Number(textOf(item, "AddressOnParent")) || 0];
        placed.push({ order, disk: { ...described, controller: controllers.get(parent) ?? "other" } });
        break;
      }
      case resource.cd:
      case resource.dvd:
        machine.cdroms++;
        break;
      case resource.floppy:
        machine.floppies++;
        break;
      case resource.network:
        machine.networkCards++;
        break;
      default:
        if (![...controllers.keys()].includes(textOf(item, "InstanceID")) && !silent.has(kind))
          machine.notes.push(
            `The package has "${textOf(item, "ElementName").slice(0, 60)}", which machines here do not have.`,
          );
    }
  }
  if (!Number.isSafeInteger(machine.processors) || !Number.isSafeInteger(machine.memoryMiB)) damaged("OVF", "its processors or memory are no numbers"); // prettier-ignore
  placed.sort((a, b) => a.order[0]! - b.order[0]! || a.order[1]! - b.order[1]!);
  machine.disks = placed.map(({ disk }) => disk);
  return machine;
}

/** What a package is written of. */
export interface OvfDescription {
  name: string;
  processors: number;
  memoryMiB: number;
  /** At most four, on the two channels of an IDE controller. */
  disks: { fileName: string; fileBytes: number; capacityBytes: number }[];
  cdrom: boolean;
  networkCard: boolean;
}

/** Version 1.0 of the envelope, which both VirtualBox and VMware read; the hardware family is VMware's 7. */
export function ovfText(machine: OvfDescription): string {
  const name = escapeXml(machine.name);
  const files = machine.disks.map((disk, i) => `    <File ovf:id="file${i + 1}" ovf:href="${escapeXml(disk.fileName)}" ovf:size="${disk.fileBytes}"/>`); // prettier-ignore
  const disks = machine.disks.map((disk, i) => `    <Disk ovf:diskId="vmdisk${i + 1}" ovf:fileRef="file${i + 1}" ovf:capacity="${disk.capacityBytes}" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>`); // prettier-ignore
  // Controllers are items 3 and 4. Where there is room, the second place of the first one is the CD's.
  const places = machine.disks.length > 3 ? [[3, 0], [3, 1], [4, 0], [4, 1]] : [[3, 0], [4, 0], [4, 1]]; // prettier-ignore
  const hasCd = machine.cdrom && machine.disks.length < 4;
  let instance = 0;
  const item = (fields: Record<string, string | number>): string => {
    const all: Record<string, string | number> = { ...fields, InstanceID: ++instance };
    // The order of elements is that of the alphabet. [OVF] 8.3
    const lines = Object.keys(all).sort().map((key) => `        <rasd:${key}>${escapeXml(String(all[key]))}</rasd:${key}>`); // prettier-ignore
    return ["      <Item>", ...lines, "      </Item>"].join("\n");
  };
  const items = [
    item({ ElementName: `${machine.processors} virtual CPU(s)`, Description: "Number of virtual CPUs", AllocationUnits: "hertz * 10^6", ResourceType: resource.processor, VirtualQuantity: machine.processors }), // prettier-ignore
    item({ ElementName: `${machine.memoryMiB} MB of memory`, Description: "Memory size", AllocationUnits: "byte * 2^20", ResourceType: resource.memory, VirtualQuantity: machine.memoryMiB }), // prettier-ignore
    item({ ElementName: "IDE 0", Description: "IDE controller", Address: 0, ResourceSubType: "PIIX4", ResourceType: resource.ide }), // prettier-ignore
    item({ ElementName: "IDE 1", Description: "IDE controller", Address: 1, ResourceSubType: "PIIX4", ResourceType: resource.ide }), // prettier-ignore
    ...machine.disks.map((_, i) => item({ ElementName: `Hard disk ${i + 1}`, AddressOnParent: places[i]![1]!, Parent: places[i]![0]!, HostResource: `ovf:/disk/vmdisk${i + 1}`, ResourceType: resource.disk })), // prettier-ignore
    ...(hasCd ? [item({ ElementName: "CD-ROM 1", AddressOnParent: 1, Parent: 3, AutomaticAllocation: "true", ResourceType: resource.cd })] : []), // prettier-ignore
    ...(machine.networkCard ? [item({ ElementName: "Network adapter 1", AutomaticAllocation: "true", Connection: "NAT", ResourceSubType: "E1000", ResourceType: resource.network })] : []), // prettier-ignore
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <References>
${files.join("\n")}
  </References>
  <DiskSection>
    <Info>The disks of the machine</Info>
${disks.join("\n")}
  </DiskSection>
  <NetworkSection>
    <Info>The networks of the machine</Info>
    <Network ovf:name="NAT">
      <Description>NAT</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${name}">
    <Info>A virtual machine</Info>
    <Name>${name}</Name>
    <OperatingSystemSection ovf:id="1">
      <Info>The system that is installed</Info>
      <Description>Other</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Virtual hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${name}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-07</vssd:VirtualSystemType>
      </System>
${items.join("\n")}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}
