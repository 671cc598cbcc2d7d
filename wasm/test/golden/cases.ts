/** Pieces of guest code whose compiled text is kept. One instruction each, or a few that the compiler takes together. */
import type { Bits } from "../../../src/shared/disassembler/disassemble.ts";

export interface GoldenCase {
  readonly bits: Bits;
  /** Hexadecimal. */
  readonly code: string;
}

const of = (bits: Bits, codes: readonly string[]): GoldenCase[] => codes.map((code) => ({ bits, code }));

/** By the file in which their text is kept, golden/NAME.txt. */
export const GOLDEN: Readonly<Record<string, readonly GoldenCase[]>> = {
  moves: of(64, [
    "4889D8", // mov rax, rbx
    "B805000000", // mov eax, 5
    "8B4308", // mov eax, [rbx+8]
    "88048B", // mov [rbx+rcx*4], al
    "0FB603", // movzx eax, byte [rbx]
    "488D448B08", // lea rax, [rbx+rcx*4+8]
    "8703", // xchg [rbx], eax
    "50", // push rax
    "5B", // pop rbx
    "0F44C3", // cmovz eax, ebx
  ]),
  arithmetic: of(64, [
    "01D8", // add eax, ebx
    "48034308", // add rax, [rbx+8]
    "830305", // add dword [rbx], 5
    "4811D8", // adc rax, rbx
    "28D8", // sub al, bl
    "FFC1", // inc ecx
    "48F7D8", // neg rax
    "31C0", // xor eax, eax
    "C1E003", // shl eax, 3
    "48D3E8", // shr rax, cl
    "C1C007", // rol eax, 7
    "480FA4D80C", // shld rax, rbx, 12
    "0FAFC3", // imul eax, ebx
    "48F7E3", // mul rbx
    "F7F3", // div ebx
    "0FBAE003", // bt eax, 3
    "0FBCC3", // bsf eax, ebx
    "F30FB8C3", // popcnt eax, ebx
    "F00FC103", // lock xadd [rbx], eax
  ]),
  flow: of(64, [
    "39D87C05", // cmp eax, ebx; jl +5
    "85C07505", // test eax, eax; jnz +5
    "FFC975FC", // dec ecx; jnz to the DEC: a loop
    "01D873FC", // add eax, ebx; jnc to the ADD: a loop that looks at a carry
    "EB05", // jmp +5
    "E800000000", // call the next
    "C3", // ret
    "FFE0", // jmp rax
    "0F9CC0", // setl al, of unknown flags
  ]),
  x87: of(32, [
    "DD03", // fld qword [ebx]
    "D84304", // fadd dword [ebx+4]
    "D8C9", // fmul st, st(1)
    "DD1B", // fstp qword [ebx]
    "DB03", // fild dword [ebx]
  ]),
  sse: of(64, [
    "0F2803", // movaps xmm0, [rbx]
    "660FFEC1", // paddd xmm0, xmm1
    "660F70C11B", // pshufd xmm0, xmm1, 1Bh
    "F20F58C1", // addsd xmm0, xmm1
    "0F58C1", // addps xmm0, xmm1
    "F20F2AC0", // cvtsi2sd xmm0, eax
  ]),
  others: of(64, [
    "DD03", // fld qword [rbx]
    "F3A4", // rep movsb
    "0FA2", // cpuid
    "9C", // pushf
    "FA", // cli
  ]),
  protected: of(32, [
    "8B4308", // mov eax, [ebx+8]
    "0103", // add [ebx], eax
    "50", // push eax
    "648B03", // mov eax, fs:[ebx]
    "39D87C05", // cmp eax, ebx; jl +5
    "C3", // ret
    "FB", // sti
    "9D", // popf
    "1E", // push ds
    "8EE2", // mov fs, dx
  ]),
};
