/** The eight conditions of Jcc from the lazy flags, for code that knows which one it wants. [SDM2] B.1 */
import { getCF, getOF, getPF, getSF, getZF } from "./flags";
import { Cpu } from "./state";

@inline export function condO(cpu: Cpu): bool { return getOF(cpu); }
@inline export function condB(cpu: Cpu): bool { return getCF(cpu) != 0; }
@inline export function condZ(cpu: Cpu): bool { return getZF(cpu); }
@inline export function condBE(cpu: Cpu): bool { return getCF(cpu) != 0 || getZF(cpu); }
@inline export function condS(cpu: Cpu): bool { return getSF(cpu); }
@inline export function condP(cpu: Cpu): bool { return getPF(cpu); }
@inline export function condL(cpu: Cpu): bool { return getSF(cpu) != getOF(cpu); }
@inline export function condLE(cpu: Cpu): bool { return getSF(cpu) != getOF(cpu) || getZF(cpu); }
