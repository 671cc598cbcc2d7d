/**
 * The front desk: which machines are open in this page, which of them is in view, and what went wrong lately. The page
 * shows it; it knows nothing of pages. Fires "change" when something to be shown is different, and "notice" (detail:
 * Notice) for things worth saying once.
 */
import type { LibraryApi, MachineId, MediumId } from "../protocol/library.ts";
import { LibraryError } from "../protocol/library.ts";
import type { VmError } from "../protocol/vm-api.ts";
import type { VmErrorCode } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { asPlain } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { LibraryRuns } from "./library/library-run.ts";
import type { LinkProblem } from "./links/link-error.ts";
import { MachineSession } from "./machine-session.ts";
import type { MachineClient } from "./machine-session.ts";
import type { MachinePlan, Medium } from "./machine-plan.ts";
import { planOf, takeIn } from "./media-intake.ts";
import type { FileRole, Intake, UnclearFile } from "./media-intake.ts";
import { checkHost } from "./host-check.ts";
import { OpenMachine } from "./open-machine.ts";
import type { ParameterProblem } from "./page-request.ts";
import { VmClient } from "./vm-client.ts";

/** Something that went wrong, until the person has read it. */
export type Problem = { id: number } & NewProblem;
type NewProblem =
  /** `machine`: which one, where several are open. */
  | { kind: "machine"; code: VmErrorCode; message: Said | string; machine?: string }
  | { kind: "library"; message: Said | string }
  | { kind: "parameter"; problem: ParameterProblem }
  | { kind: "link"; problem: LinkProblem }
  | { kind: "file"; name: string; message: Said | string; usable: boolean };

/** What is in a drive now; null: nothing. */
export interface Notice {
  drive: "cdrom" | "floppy";
  name: string | null;
}

/** Files that wait for the person's word: one that does not say what it is. */
export interface Question {
  kind: "role";
  unclear: UnclearFile;
  rest: UnclearFile[];
  clear: Intake["clear"];
}

export class Desk extends EventTarget {
  /** In the order in which they were opened. */
  machines: readonly OpenMachine[] = [];
  /** null: the page shows its own places. */
  current: OpenMachine | null = null;
  problems: Problem[] = [];
  question: Question | null = null;
  /** Brings a file into the library; null where that failed. */
  bring: ((file: File, kind: "cdrom" | "floppy") => Promise<{ id: MediumId } | null>) | null = null;
  private nextId = 1;
  /** Machines that are to be closed when their guests have ended. */
  private readonly ending = new Set<OpenMachine>();

  /** @param adjust puts the person's settings into a plan of opened files */
  constructor(
    private readonly baseUrl: string,
    private readonly adjust: (plan: MachinePlan) => MachinePlan = (plan) => plan,
    private readonly makeClient: () => MachineClient = () => new VmClient(),
    private readonly host: () => void = checkHost,
    private readonly library: (LibraryApi & LibraryRuns) | null = null,
  ) {
    super();
  }

  /** Of the machine in view. */
  get session(): MachineSession | null {
    return this.current?.session ?? null;
  }

  /** The open one of a machine of the library. */
  ofLibrary(id: MachineId): OpenMachine | undefined {
    return this.machines.find(({ machineId }) => machineId === id);
  }

  /** Makes a machine that is not kept and shows it; starts it where `autostart`. Earlier problems are over, but for those to `keep`. */
  async open(plan: MachinePlan, autostart: boolean, keep: Problem[] = []): Promise<void> {
    this.problems = keep;
    let machine: OpenMachine;
    try {
      this.host();
      machine = new OpenMachine(new MachineSession(plan, this.baseUrl, this.makeClient));
    } catch (error) {
      this.tellError(error);
      return;
    }
    await this.admit(machine, autostart);
  }

  /** Opens a machine of the library, unless it is open; it is shown where `show`, and started where `autostart`. */
  async openKept(id: MachineId, autostart: boolean, show = true): Promise<void> {
    if (show && !this.ofLibrary(id)) this.problems = [];
    await this.beginKept(id, autostart, show, (error, machine) => this.tellError(error, machine));
  }

  /** The same for those who want to say themselves what goes wrong. */
  async beginKept(
    id: MachineId,
    autostart: boolean,
    show: boolean,
    failed: (error: unknown, machine: OpenMachine | null) => void,
  ): Promise<void> {
    const { library } = this;
    if (!library) return;
    const open = this.ofLibrary(id);
    try {
      if (open) {
        if (show) this.show(open);
        if (autostart && !open.isOn) await open.start();
        return;
      }
      this.host();
      const machine = new OpenMachine((await library.run(id)).session, library.runOf(id) ?? null);
      await this.admit(machine, autostart, show, failed);
    } catch (error) {
      failed(error, open ?? null);
    }
  }

  show(machine: OpenMachine | null): void {
    if (this.current === machine) return;
    this.current = machine;
    this.changed();
  }

  /** Its screen goes into a window of its own, or comes back. */
  setApart(machine: OpenMachine, apart: boolean): void {
    machine.apart = apart;
    this.changed();
  }

  async start(machine: OpenMachine): Promise<void> {
    try {
      await machine.start();
    } catch (error) {
      this.tellError(error, machine);
    }
  }

  /** Suspends a machine of the library to disk; it is open no longer. */
  async saveState(machine: OpenMachine): Promise<void> {
    try {
      await this.suspend(machine);
    } catch (error) {
      this.tellError(error, machine);
    }
  }

  /** The same; rejects where it fails. */
  async suspend(machine: OpenMachine): Promise<void> {
    await machine.run!.saveState();
    this.dismissMachine(machine);
  }

  /** Asks the guest to end; then the machine is closed. */
  async shutDown(machine: OpenMachine): Promise<void> {
    this.ending.add(machine);
    await machine.session.pressPowerButton();
  }

  /** Ends the machine in view, also while it loads. */
  async leave(): Promise<void> {
    if (this.current) await this.close(this.current);
  }

  /** Ends a machine: one that is on has its plug pulled. */
  async close(machine: OpenMachine): Promise<void> {
    if (!this.machines.includes(machine)) return;
    this.problems = [];
    this.dismissMachine(machine);
    try {
      await machine.close();
    } catch (error) {
      this.tellError(error, machine);
    }
  }

  /** Opens files as a new machine; beside a machine that is in view, disks of removable drives go into those. */
  async openFiles(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    const { clear, unclear, problems, warnings } = await takeIn(files);
    this.problems = this.problems.filter(({ kind }) => kind !== "file");
    for (const problem of problems) this.tell({ kind: "file", ...problem, usable: false });
    for (const warning of warnings) this.tell({ kind: "file", ...warning, usable: true });
    await this.proceed(clear, unclear);
  }

  /** The answer to `question`; null gives it up. */
  async answer(role: FileRole | null): Promise<void> {
    const { question } = this;
    this.question = null;
    this.changed();
    if (!question || role === null) return;
    await this.proceed([...question.clear, { file: question.unclear.file, role }], question.rest);
  }

  /** What goes into a machine of the library is brought into the library first. */
  async insert(drive: "cdrom" | "floppy", medium: Medium | null): Promise<void> {
    const { session, current } = this;
    if (!session) return;
    if (current?.run) {
      let id: MediumId | null = null;
      if (medium?.source instanceof File) id = (await this.bring?.(medium.source, drive))?.id ?? null;
      if (medium && id === null) return; // told by whoever brings it
      await current.run.insert(drive, id);
      if ((session[drive] === null) === (medium === null)) this.notice({ drive, name: medium?.name ?? null });
      return;
    }
    const done = await (drive === "cdrom" ? session.insertCdrom(medium) : session.insertFloppy(medium));
    if (done) this.notice({ drive, name: medium?.name ?? null });
  }

  notice(notice: Notice): void {
    this.dispatchEvent(new CustomEvent("notice", { detail: notice }));
  }

  tell(problem: NewProblem): void {
    // What is told again replaces what was told before.
    const text = ({ id: _, ...told }: Problem) => JSON.stringify(told);
    const next: Problem = { ...problem, id: this.nextId++ };
    this.problems = [...this.problems.filter((known) => text(known) !== text(next)), next];
    this.changed();
  }

  tellError(error: unknown, machine: OpenMachine | null = null): void {
    if (error instanceof LibraryError) {
      if (error.code !== "cancelled") this.tell({ kind: "library", message: asPlain(error.said) });
      return;
    }
    const { code, said } = asVmError(error);
    const named = machine && this.machines.length > 1 ? { machine: machine.title } : {};
    this.tell({ kind: "machine", code, message: asPlain(said), ...named });
  }

  dismiss(id: number): void {
    this.problems = this.problems.filter((problem) => problem.id !== id);
    this.changed();
  }

  private async admit(
    machine: OpenMachine,
    autostart: boolean,
    show = true,
    failed = (error: unknown, of: OpenMachine | null) => this.tellError(error, of),
  ): Promise<void> {
    const { session } = machine;
    this.machines = [...this.machines, machine];
    if (show) this.current = machine;
    session.addEventListener("change", () => {
      if (this.isOver(machine)) void this.close(machine);
      else this.changed();
    });
    session.addEventListener("problem", (event) => this.tellError((event as CustomEvent<VmError>).detail, machine));
    this.changed();
    try {
      await session.whenLoaded();
    } catch (error) {
      if (!this.machines.includes(machine)) return; // cancelled
      failed(error, machine);
      this.dismissMachine(machine);
      await machine.run?.close();
      return;
    }
    if (!autostart || !this.machines.includes(machine)) return;
    try {
      await machine.start();
    } catch (error) {
      failed(error, machine);
    }
  }

  /** Those that were asked to end, and those of the library that have ended where nobody looks. */
  private isOver(machine: OpenMachine): boolean {
    if (machine.isOn || !this.machines.includes(machine)) return false;
    if (this.ending.delete(machine)) return true;
    return machine.run !== null && machine !== this.current && machine.session.hasRun;
  }

  private dismissMachine(machine: OpenMachine): void {
    this.machines = this.machines.filter((other) => other !== machine);
    if (this.current === machine) this.current = null;
    this.changed();
  }

  private async proceed(clear: Intake["clear"], unclear: UnclearFile[]): Promise<void> {
    const [first, ...rest] = unclear;
    if (first) {
      this.question = { kind: "role", unclear: first, rest, clear };
      this.changed();
      return;
    }
    if (clear.length === 0) return;
    const removable = clear.every(({ role }) => role === "cdrom" || role === "floppy");
    if (removable && this.session?.phase === "ready") {
      for (const { file, role } of clear)
        await this.insert(role as "cdrom" | "floppy", { source: file, name: file.name });
      return;
    }
    const aboutFiles = this.problems.filter(({ kind }) => kind === "file");
    await this.open(this.adjust(planOf(clear)), true, aboutFiles);
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
