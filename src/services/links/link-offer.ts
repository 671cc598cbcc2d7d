/**
 * What a link would load, how large it is and from where: for a person to agree to before any of it is loaded. Servers
 * other than the page's own hear nothing of it until the person asks them or agrees. Fires "change".
 */
import type { MachinePlan } from "../machine-plan.ts";
import { nameOf } from "../page-request.ts";
import { planOfDefinition } from "./definition-plan.ts";
import { addressOf, filesOf } from "./machine-definition.ts";
import type { DefinedRole, MachineDefinition } from "./machine-definition.ts";
import { askSize } from "./server-size.ts";
import type { SizeAnswer } from "./server-size.ts";

export interface OfferedFile {
  role: DefinedRole;
  name: string;
  url: string;
  /** "example.org:8080". */
  host: string;
  /** Whether it stands beside the page. */
  ownSite: boolean;
  /** What the definition says; such a file is loaded only if it is true. */
  claimedBytes: number | null;
  hasSum: boolean;
  /** null: not asked. */
  answer: SizeAnswer | null;
}

export class LinkOffer extends EventTarget {
  readonly files: readonly OfferedFile[];
  asking = false;

  constructor(
    readonly definition: MachineDefinition,
    private readonly baseUrl: string,
    private readonly doFetch: typeof fetch = (input, init) => fetch(input, init),
  ) {
    super();
    const own = new URL(baseUrl).origin;
    this.files = filesOf(definition).map(({ role, file, field }) => {
      const url = addressOf(file.url, baseUrl, field);
      const { origin, host } = new URL(url);
      return {
        role,
        name: file.name || nameOf(url),
        url,
        host,
        ownSite: origin === own,
        // The server knows how long the list is, and not what it lists.
        claimedBytes: (role === "state" ? definition.state?.partsBytes : file.sizeBytes) ?? null,
        hasSum: file.sha256 !== undefined || role === "state",
        answer: role === "state" ? { kind: "unknown" } : null,
      };
    });
  }

  get plan(): MachinePlan {
    return planOfDefinition(this.definition, this.baseUrl);
  }

  /** Whether a server elsewhere could be asked for a size that is not known. */
  get canAsk(): boolean {
    return this.files.some(({ ownSite, answer }) => !ownSite && answer === null);
  }

  /** The page's own server. */
  askHere(): Promise<void> {
    return this.ask(({ ownSite }) => ownSite);
  }

  /** All of them: the person has asked for it. */
  askAll(): Promise<void> {
    return this.ask(() => true);
  }

  /** What is known of all files together; null where one is not known. */
  get totalBytes(): number | null {
    return this.files.reduce<number | null>((sum, file) => {
      const size = sizeOf(file);
      return sum === null || size === null ? null : sum + size;
    }, 0);
  }

  private async ask(which: (file: OfferedFile) => boolean): Promise<void> {
    const wanted = this.files.filter((file) => file.answer === null && which(file));
    if (wanted.length === 0) return;
    this.asking = true;
    this.changed();
    await Promise.all(
      wanted.map(async (file) => {
        file.answer = await askSize(file.url, this.doFetch);
        this.changed();
      }),
    );
    this.asking = false;
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

/** What the server says goes before what the link says. */
export function sizeOf({ answer, claimedBytes }: OfferedFile): number | null {
  return answer?.kind === "size" ? answer.sizeBytes : claimedBytes;
}

/** Whether it will be refused, as far as is known. */
export function isWrong({ answer, claimedBytes }: OfferedFile): boolean {
  if (answer?.kind === "missing") return true;
  return answer?.kind === "size" && claimedBytes !== null && answer.sizeBytes !== claimedBytes;
}
