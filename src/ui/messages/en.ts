/** The English texts; their shape is what every other language must have. */
import type { ParameterProblem } from "../../services/page-request.ts";
import type { MachineState } from "../../protocol/library.ts";
import type { VmErrorCode } from "../../protocol/vm-api.ts";
import type { BootDevice, CpuModel } from "../../protocol/machine-config.ts";
import type { FileRole } from "../../services/media-intake.ts";
import type { ScreenScale } from "../../services/preferences.ts";
import { enLibrary } from "./en-library.ts";
import { enShare } from "./en-share.ts";
import { enTools } from "./en-tools.ts";

export interface GuestWords {
  title: string;
  description: string;
}

function parameter({ parameter, value, fault, least, most }: ParameterProblem): string {
  switch (fault) {
    case "notAUrl":
      return `“${parameter}” is not an address that can be opened: “${value}”.`;
    case "notFetchable":
      return `“${parameter}” is an address that a page cannot read (only http, https, blob and data): “${value}”.`;
    case "notInRange":
      return least === most
        ? `“${parameter}” is “${value}”, but machines have ${most} processor in this version.`
        : `“${parameter}” is “${value}”, but must be a whole number from ${least} to ${most}.`;
    case "notASwitch":
      return `“${parameter}” is “${value}”, but must be 1 or 0.`;
    case "repeated":
      return `“${parameter}” is given more than once (also as “${value}”).`;
    case "tooMany":
      return `There are too many of “${parameter}”: a machine has room for ${most} (the first too many is “${value}”).`;
    case "needsKernel":
      return `“${parameter}” is given without “kernel”.`;
    case "empty":
      return `“${parameter}” is empty; it should be the address of a file.`;
    case "unknown":
      return `“${parameter}” is no parameter of this page and was left out.`;
  }
}

export const en = {
  ...enTools,
  ...enLibrary,
  ...enShare,
  languageName: "English",
  appName: "Posada",
  tagline: "A whole PC in this tab",
  intro:
    "Real operating systems on an emulated 64-bit computer. It runs on your own machine, inside this page; nothing is installed and nothing is sent anywhere.",
  skipToContent: "Skip to content",
  toStart: "Posada, to the start page",
  language: "Language",
  theme: "Colors",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  guestFiles: "Guest files",
  close: "Close",
  cancel: "Cancel",
  dismiss: "Dismiss",
  loadingList: "Looking for ready-made machines…",
  ready: {
    heading: "Ready to start",
    others: "Other ready machines",
    start: "Start",
    startNamed: (name: string) => `Start ${name}`,
    download: (size: string) => `${size} to load`,
    memory: (size: string) => `${size} of memory`,
    version: (version: string) => `Kernel ${version}`,
    none: "No ready-made machines stand beside this page. Whoever set it up can bring them with “npm run guests”; your own images work if the firmware is there.",
  },
  guests: {
    "debian-cloud-amd64": {
      title: "Debian, 64-bit kernel with BusyBox",
      description:
        "Debian’s own Linux kernel, built for virtual machines, with a root shell on the screen and on the serial line. The quickest way in.",
    },
    "debian-amd64": {
      title: "Debian, generic 64-bit kernel",
      description: "The kernel that Debian puts on PCs, with BusyBox.",
    },
    "debian-686": {
      title: "Debian, 32-bit kernel",
      description: "The kernel for older PCs (686), with BusyBox.",
    },
  } as Record<string, GuestWords>,
  own: {
    heading: "Bring your own",
    hint: "Drop an image anywhere on this page, or open it. Posada recognizes what it is.",
    open: "Open image…",
    kinds: "CD (ISO), floppy, disk image (raw, VDI, VMDK, VHD, VHDX, QCOW2), Linux or Multiboot kernel with initrd",
    dropHere: "Drop to start it",
    dropBeside: "Drop a CD or floppy image to put it in its drive",
  },
  settings: {
    heading: "Machine settings",
    memory: "Memory",
    memoryUnit: "MiB",
    memoryHint: (least: number, most: number) => `${least} to ${most}; empty: as the machine needs`,
    memoryWrong: (least: number, most: number) =>
      `Memory must be a whole number from ${least} to ${most} MiB, or empty.`,
    automatic: "Automatic",
    bootOrder: "Boot order",
    bootAutomatic: "What you open goes first",
    processor: "Processor",
    processors: {
      default: "Everything there is",
      "486": "486",
      pentium: "Pentium",
      pentium3: "Pentium III",
      "x86-64-v2": "x86-64-v2",
    } as Record<CpuModel, string>,
  },
  devices: { disk: "Disk", cdrom: "CD", floppy: "Floppy" } as Record<BootDevice, string>,
  roles: {
    title: (name: string) => `What is “${name}”?`,
    text: "The file does not say what it is. Use it as:",
    names: {
      disk: "Hard disk",
      floppy: "Floppy disk",
      cdrom: "CD",
      kernel: "Kernel",
      initrd: "Initial RAM disk",
    } as Record<FileRole, string>,
  },
  leave: {
    title: (name: string) => `Leave “${name}”?`,
    text: "It is still on.",
    behind: "Let it go on",
    behindHint: "It runs on in this page; you find it among the open machines.",
    saveState: "Save its state",
    saveStateHint: "Memory and all are kept; it goes on from there when it is started again.",
    shutDown: "Shut it down",
    shutDownHint: "Presses the power button; the guest ends by itself.",
    yes: "Pull the plug and leave",
    yesHint: "What is not saved in it is lost.",
  },
  open: {
    sideBySide: "Side by side",
    heading: "Open machines",
    close: (name: string) => `Close ${name}`,
  },
  states: {
    poweredOff: "Powered off",
    starting: "Starting",
    running: "Running",
    paused: "Paused",
    saving: "Saving",
    restoring: "Restoring",
    stopping: "Stopping",
    aborted: "Aborted",
    saved: "Saved",
    inaccessible: "Inaccessible",
  } as Record<MachineState, string>,
  loading: {
    heading: (name: string) => `Loading ${name}`,
    state: "Loading",
    bytes: (done: string, total: string) => `${done} of ${total}`,
    bytesOnly: (done: string) => `${done} so far`,
    label: "Files of the machine",
    preparing: "Preparing the machine…",
  },
  machine: {
    region: (name: string) => `Machine ${name}`,
    controls: "Machine controls",
    start: "Start",
    pause: "Pause",
    resume: "Resume",
    reset: "Reset",
    powerButton: "Power button",
    powerButtonTip: "Press the power button: the guest shuts down",
    powerOff: "Power off",
    powerOffTip: "Pull the plug",
    ctrlAltDel: "Ctrl+Alt+Del",
    fullScreen: "Full screen",
    leaveFullScreen: "Leave full screen",
    screenshot: "Screenshot",
    serial: "Serial console",
    drives: "Drives",
    pointer: "Capture pointer",
    keyboard: "On-screen keyboard",
    leave: "Leave machine",
    readyToStart: "Ready to start",
    switchedOff: "The machine is switched off",
    paused: "Paused",
    fault: "The machine stopped by a fault",
    screenLabel: (name: string) => `Screen of ${name}`,
    screenHelp: (key: string) =>
      `Keys go to the guest. ${key} gives the keyboard back to the page; with Delete it sends Ctrl+Alt+Del, with F it switches full screen, with P it pauses.`,
    keyboardHint: (key: string) => `Keys go to the guest · ${key} gives the keyboard back`,
    clickHint: "Click the screen to type in the guest",
    pointerHint: "The pointer is the guest’s · Esc gives it back",
    pointerRefused: "The browser did not hand over the pointer; click the screen once more.",
    rightCtrl: "Right Ctrl",
    rightCommand: "Right ⌘",
    fullScreenRefused: "The browser does not allow full screen here.",
    textInput: "Text for the guest",
    scale: "Size of the screen",
    scales: { fit: "Fit to the window", integer: "Whole multiples", original: "Original size" } as Record<
      ScreenScale,
      string
    >,
    record: "Record a video",
    recordTip: "Record a video of the screen",
    stopRecording: "Stop recording and save the video",
    recordedFor: (time: string) => `Recording ${time}`,
    recordingBegun: "Recording",
    recordingSaved: "Video handed to the browser as a download",
    ownWindow: "In a window of its own",
    onTop: "In a small window on top of others",
    inOwnWindow: "Its screen is in a window of its own",
    bringBack: "Bring it back",
    backToPage: "Back to the page",
    windowRefused: "The browser opened no window: allow this page to open some.",
    alone: "Show alone",
    closeTile: "Close",
    takeSnapshot: "Take a snapshot",
    keep: "Keep this machine",
    keepTip: "Keep this machine in the library",
  },
  drives: {
    empty: "empty",
    insertCdrom: "Insert CD…",
    insertFloppy: "Insert floppy…",
    ejectCdrom: "Eject CD",
    ejectFloppy: "Eject floppy",
    inserted: {
      cdrom: (name: string) => `CD “${name}” inserted`,
      floppy: (name: string) => `Floppy “${name}” inserted`,
    },
    ejected: { cdrom: "CD ejected", floppy: "Floppy ejected" },
  },
  status: {
    label: "Status of the machine",
    speed: (millions: string) => `${millions} MIPS`,
    speedTip: "Millions of instructions per second",
    halted: (percent: string) => `${percent} halted`,
    haltedTip: "Share of the time in which the guest’s processor waits",
    disk: "Disk",
    cdrom: "CD",
    floppy: "Floppy",
    active: "active",
    idle: "idle",
    numLock: "Num",
    capsLock: "Caps",
    scrollLock: "Scroll",
    on: "on",
    off: "off",
    mode: (width: number, height: number, text: boolean) => `${width} × ${height}${text ? ", text" : ""}`,
  },
  serial: {
    heading: "Serial console (COM1)",
    label: "Serial console",
    opening: "Opening the console…",
    hint: (key: string) => `${key} leaves the console`,
  },
  files: {
    heading: "Guest files",
    text: "Firmware and systems that come with this page: free software, taken from Debian packages. The root file systems are packed out of them.",
    file: "File",
    package: "Package",
    version: "Version",
    licence: "License",
    size: "Size",
    source: "Source code",
    sourceOf: (name: string) => `Source code of ${name}`,
    none: "No guest files stand beside this page.",
  },
  problems: {
    parameters: "The page’s address",
    codes: {
      badConfig: "This machine cannot be made",
      badMedia: "This file cannot be used",
      unreachable: "A file cannot be loaded",
      outOfMemory: "There is not enough memory",
      unsupportedHost: "This browser cannot run machines",
      tripleFault: "The guest crashed (triple fault)",
      badState: "The saved state cannot be used",
      wrongState: "That is not possible now",
      storage: "A disk image cannot be read or written",
      internal: "Posada made a mistake",
    } as Record<VmErrorCode, string>,
    parameter,
    file: (name: string) => `“${name}” cannot be used`,
    library: "The library",
    fileWarning: (name: string) => `About “${name}”`,
    resetMachine: "Reset machine",
  },
};

export type Messages = typeof en;
