/** English texts of links: sharing a machine, being asked about one that somebody shared; offline use. */
import type { DefinedRole } from "../../services/links/machine-definition.ts";
import type { LinkProblem } from "../../services/links/link-error.ts";

function linkProblem({ fault, field, value }: LinkProblem): string {
  switch (fault) {
    case "damaged":
      return "This link is damaged or cut short. Ask for it again.";
    case "newer":
      return `This link was made by a later Posada (format ${value}). Load this page anew, or open the link where it was made.`;
    case "tooLarge":
      return "This link is larger than any machine’s description.";
    case "wrongField":
      return `The description of this machine is wrong in “${field || "its form"}”${value === undefined ? "" : ` (${value})`}.`;
    case "unknownField":
      return `The description of this machine has a part that is not known, “${field}”.`;
    case "notFetchable":
      return `The description of this machine names an address that links may not lead to, in “${field}” (${value}).`;
    case "notPlainText":
      return `The description of this machine has words with hidden characters or markup in “${field}”.`;
    case "needsKernel":
      return `The description of this machine has “${field}” without a kernel.`;
    case "nothing":
      return "This link describes a machine without any file to start from.";
    case "unreachable":
      return `The description of this machine cannot be loaded: ${value}.`;
  }
}

export const enShare = {
  link: {
    heading: (title: string) => `Open “${title}”?`,
    intro: "Somebody described this machine in a link. If you agree, these files are loaded and the machine starts in this page.",
    bounds: "It cannot read files of yours, reach a network, or change machines that you keep.",
    description: "Description by the one who made the link",
    files: "Files to load",
    file: "File",
    from: "From",
    size: "Size",
    checked: "Checked",
    hereAlready: "this site",
    roles: { kernel: "Kernel", initrd: "Initial RAM disk", floppy: "Floppy disk", cdrom: "CD", disk: "Hard disk" } as Record<DefinedRole, string>,
    asClaimed: (size: string) => `${size}, says the link`,
    unknownSize: "not known",
    missing: (status: number) => `not there (${status})`,
    unreachable: "no answer",
    otherSize: (size: string, claimed: string) => `${size}, but the link says ${claimed}: it will be refused`,
    withSum: "by checksum",
    withLength: "by length",
    withNothing: "not checked",
    total: (size: string) => `${size} in all`,
    totalUnknown: "The whole size is not known.",
    elsewhere: "Other servers have not been asked: they hear of you only if you ask them or agree.",
    ask: "Ask the servers for sizes",
    asking: "Asking…",
    memory: "Memory",
    memoryOf: (size: string) => `${size} of this computer’s memory`,
    words: "Command line",
    agree: "Load and start",
    refuse: "Do not open",
    title: "This link was not opened",
    problem: linkProblem,
  },
  offline: {
    keep: "Keep for offline use",
    keepNamed: (name: string) => `Keep ${name} for offline use`,
    coming: (name: string) => `Files of ${name} that are kept`,
    giveUp: (name: string) => `Do not keep ${name}`,
    kept: (size: string) => `Starts offline (${size})`,
    drop: "Remove",
    dropNamed: (name: string) => `Keep ${name} no longer`,
    update: "A new version of Posada is ready.",
    takeUpdate: "Load it",
  },
  share: {
    tool: "Share",
    toolTip: "Share this machine by a link",
    heading: (name: string) => `Share “${name}”`,
    intro: "The link itself holds the description of the machine, as it is when it is switched on. No server sees it, and the files stay where they are.",
    title: "Title",
    description: "Description",
    files: "Files",
    address: (name: string) => `Address of “${name}”`,
    addressHint: "This file is only in this browser. Put it where others can load it and write its address here; without one it is left out.",
    summing: "Working out checksums…",
    sum: (size: string) => `${size}, with checksum`,
    noSum: (size: string) => `${size}, without checksum (too long)`,
    noSize: "without checksum",
    failed: "Its server does not deliver it now; it goes into the link without a checksum.",
    link: "Link",
    length: (count: string) => `${count} characters`,
    copy: "Copy link",
    copied: "Link copied",
    copyRefused: "The browser did not take it; copy the link from the field.",
    send: "Send by another app…",
    leftOut: "left out",
  },
}; // prettier-ignore
