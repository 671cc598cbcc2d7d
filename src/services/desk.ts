/**
 * The front desk: which machine is in view, and what went wrong lately. The page shows it; it knows nothing of pages.
 * Fires "change" when something to be shown is different, and "notice" (detail: Notice) for things worth saying once.
 */
import type { VmError } from "../protocol/vm-api.ts";
import type { VmErrorCode } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { MachineSession } from "./machine-session.ts";
import type { MachineClient } from "./machine-session.ts";
import type { MachinePlan, Medium } from "./machine-plan.ts";
import { planOf, takeIn } from "./media-intake.ts";
import type { FileRole, Intake, UnclearFile } from "./media-intake.ts";
import { checkHost } from "./host-check.ts";
import type { ParameterProblem } from "./page-request.ts";
import { VmClient } from "./vm-client.ts";

/** Something that went wrong, until the person has read it. */
export type Problem = { id: number } & (
  | { kind: "machine"; code: VmErrorCode; message: string }
  | { kind: "parameter"; problem: ParameterProblem }
  | { kind: "file"; name: string; message: string; usable: boolean }
);
type NewProblem =
  | { kind: "machine"; code: VmErrorCode; message: string }
  | { kind: "parameter"; problem: ParameterProblem }
  | { kind: "file"; name: string; message: string; usable: boolean };

export interface Notice {
  drive: "cdrom" | "floppy";
  name: string | null;
}

/** Files that wait for the person's word. */
export type Question =
  | { kind: "role"; unclear: UnclearFile; rest: UnclearFile[]; clear: Intake["clear"] }
  /** A machine is in view, and these files make another. */
  | { kind: "replace"; files: Intake["clear"] };

export class Desk extends EventTarget {
  session: MachineSession | null = null;
  problems: Problem[] = [];
  question: Question | null = null;
  private nextId = 1;
  private turn = 0;

  /** @param adjust puts the person's settings into a plan of opened files */
  constructor(
    private readonly baseUrl: string,
    private readonly adjust: (plan: MachinePlan) => MachinePlan = (plan) => plan,
    private readonly makeClient: () => MachineClient = () => new VmClient(),
    private readonly host: () => void = checkHost,
  ) {
    super();
  }

  /** Makes the machine and shows it; starts it where `autostart`. Earlier problems are over, but for those to `keep`. */
  async open(plan: MachinePlan, autostart: boolean, keep: Problem[] = []): Promise<void> {
    const turn = ++this.turn;
    await this.leave();
    if (turn !== this.turn) return; // something else was opened meanwhile
    this.problems = keep;
    let session: MachineSession;
    try {
      this.host();
      session = new MachineSession(plan, this.baseUrl, this.makeClient);
    } catch (error) {
      this.tellError(error);
      return;
    }
    this.session = session;
    session.addEventListener("change", () => this.changed());
    session.addEventListener("problem", (event) => this.tellError((event as CustomEvent<VmError>).detail));
    this.changed();
    try {
      await session.whenLoaded();
    } catch (error) {
      if (this.session !== session) return; // cancelled
      this.session = null;
      this.tellError(error);
      return;
    }
    if (autostart && this.session === session) await session.start();
  }

  /** Ends the machine in view, also while it loads. */
  async leave(): Promise<void> {
    const session = this.session;
    if (!session) return;
    this.session = null;
    this.problems = [];
    this.changed();
    await session.close();
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
    const question = this.question;
    this.question = null;
    this.changed();
    if (!question || question.kind !== "role" || role === null) return;
    await this.proceed([...question.clear, { file: question.unclear.file, role }], question.rest);
  }

  async answerReplace(yes: boolean): Promise<void> {
    const question = this.question;
    this.question = null;
    this.changed();
    if (yes && question?.kind === "replace") await this.boot(question.files);
  }

  async insert(drive: Notice["drive"], medium: Medium | null): Promise<void> {
    const session = this.session;
    if (!session) return;
    const done = await (drive === "cdrom" ? session.insertCdrom(medium) : session.insertFloppy(medium));
    if (done) this.dispatchEvent(new CustomEvent("notice", { detail: { drive, name: medium?.name ?? null } }));
  }

  tell(problem: NewProblem): void {
    // What is told again replaces what was told before.
    const text = ({ id: _, ...told }: Problem) => JSON.stringify(told);
    const next: Problem = { ...problem, id: this.nextId++ };
    this.problems = [...this.problems.filter((known) => text(known) !== text(next)), next];
    this.changed();
  }

  tellError(error: unknown): void {
    const { code, message } = asVmError(error);
    this.tell({ kind: "machine", code, message });
  }

  dismiss(id: number): void {
    this.problems = this.problems.filter((problem) => problem.id !== id);
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
    if (!this.session) return this.boot(clear);
    if (removable && this.session.phase === "ready") {
      for (const { file, role } of clear) await this.insert(role as Notice["drive"], { source: file, name: file.name });
      return;
    }
    this.question = { kind: "replace", files: clear };
    this.changed();
  }

  private async boot(files: Intake["clear"]): Promise<void> {
    const aboutFiles = this.problems.filter(({ kind }) => kind === "file");
    await this.open(this.adjust(planOf(files)), true, aboutFiles);
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
