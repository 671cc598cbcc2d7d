/** `convert`: an image of any format that is read, as one that is written; or an OVA package. No library is needed. */
import { writeImage, writtenFormats, type WrittenFormat } from "../../storage/convert/write-image.ts";
import { writeOva } from "../../storage/ovf/package.ts";
import { bringPartitions } from "../../storage/partitions/bring-partitions.ts";
import { copyOptions } from "../library/copy-options.ts";
import { orLibraryError } from "../library/library-errors.ts";
import type { CommandHost } from "./command-host.ts";
import type { CommandLine, OptionSpec } from "./command-line.ts";
import { diskIn, howToOpen, openOptions } from "./image-commands.ts";
import { fail } from "./usage-error.ts";

type ConvertFormat = WrittenFormat | "ova";

const byExtension: Record<string, ConvertFormat> = { raw: "raw", img: "raw", dd: "raw", vdi: "vdi", vmdk: "vmdk", vhd: "vhd", qcow2: "qcow2", ova: "ova" }; // prettier-ignore
const formats: readonly ConvertFormat[] = [...writtenFormats, "ova"];

export const convertOptions: OptionSpec = {
  format: { value: formats },
  partitions: { value: "text" },
  disk: { value: "number" },
  ...openOptions,
  quiet: {},
};

/** What the command line asks for. @throws UsageError */
export function conversionOf({ say }: CommandHost, line: CommandLine) {
  const [source, destination, ...more] = line.words;
  if (source === undefined || destination === undefined || more.length > 0) fail(say.convertNeeds);
  const extension = /\.([a-z0-9]+)$/i.exec(destination)?.[1]?.toLowerCase() ?? "";
  const format = line.choice("format", formats) ?? byExtension[extension];
  if (format === undefined) fail(say.formatNeeded(destination, formats.join(", ")));
  const partitions = line.text("partitions")?.split(",") ?? [];
  for (const text of partitions) if (!/^[1-9]\d{0,5}$/.test(text)) fail(say.needsOrdinal("partitions", text));
  return { source, destination, format, partitions: partitions.map(Number), disk: line.ordinal("disk") ?? 1 };
}

export async function convertImage(host: CommandHost, line: CommandLine): Promise<void> {
  const { source, destination, format, partitions, disk } = conversionOf(host, line);
  const quiet = line.flag("quiet");
  const opened = await host.openImage(source, howToOpen(line));
  try {
    if (opened.package && (await opened.package.verify()) === 0 && !quiet) host.warn(host.say.noManifest);
    const whole = await diskIn(host, opened, disk);
    const contents = partitions.length > 0 ? await bringPartitions(whole, partitions) : whole;
    const { processors = 1, memoryMiB = 1024 } = opened.package?.machine ?? {};
    await host.job(quiet, (options) =>
      host.intoFile(
        destination,
        (sink) =>
          orLibraryError(async () => {
            const copy = copyOptions(options);
            if (format !== "ova") return writeImage(contents, format, sink, copy);
            const name = destination.replace(/^.*[\\/]|\.ova$/gi, "");
            const machine = { name, processors, memoryMiB, disks: [contents], cdrom: true, networkCard: true };
            await writeOva(machine, sink, copy);
          }, options.signal),
        source,
      ),
    );
  } finally {
    await opened.close();
  }
}
