/*
 * Runs single instructions on the real processor: reads cases from standard input, writes results to standard output.
 * The layout of both is that of wasm/test/native/cases.ts. A case's code may use xmm0-xmm2, mm0, mm1, rax, rcx, rdx and
 * memory at (%rdi) (64 bytes, aligned). Signals are reported with MXCSR as it was at the fault.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct input {
  uint8_t length, code[15];
  uint32_t mxcsr, flags;
  uint64_t rax, rcx, rdx;
  uint8_t xmm[3][16];
  uint64_t mm[2];
  uint8_t memory[32];
};

struct output {
  uint32_t fault, mxcsr, flags, fpu;
  uint64_t rax, rcx, rdx;
  uint8_t xmm[3][16];
  uint64_t mm[2];
  uint8_t memory[32];
};

static sigjmp_buf escape;
static volatile uint32_t fault_mxcsr;
uint8_t memory[128] __attribute__((aligned(64)));
uint8_t image[512] __attribute__((aligned(64)));
static uint8_t *page;
struct input in;
struct output out;

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  (void)info;
  fault_mxcsr = u->uc_mcontext.fpregs->mxcsr;
  siglongjmp(escape, number);
}

static void __attribute__((noinline)) execute(void) {
  __asm__ volatile(
      "movq %[page], %%r14\n\t"
      "movq in+48+48(%%rip), %%mm0\n\t"
      "movq in+48+56(%%rip), %%mm1\n\t"
      "fninit\n\t"
      "fincstp\n\t"
      "fincstp\n\t"
      "fincstp\n\t"
      "ldmxcsr in+16(%%rip)\n\t"
      "movups in+48(%%rip), %%xmm0\n\t"
      "movups in+64(%%rip), %%xmm1\n\t"
      "movups in+80(%%rip), %%xmm2\n\t"
      "movl in+20(%%rip), %%eax\n\t"
      "pushq %%rax\n\t"
      "popfq\n\t"
      "movq in+24(%%rip), %%rax\n\t"
      "movq in+32(%%rip), %%rcx\n\t"
      "movq in+40(%%rip), %%rdx\n\t"
      "leaq memory(%%rip), %%rdi\n\t"
      "call *%%r14\n\t"
      "movq %%rax, out+16(%%rip)\n\t"
      "movq %%rcx, out+24(%%rip)\n\t"
      "movq %%rdx, out+32(%%rip)\n\t"
      "pushfq\n\t"
      "popq %%rax\n\t"
      "movl %%eax, out+8(%%rip)\n\t"
      "stmxcsr out+4(%%rip)\n\t"
      "movups %%xmm0, out+40(%%rip)\n\t"
      "movups %%xmm1, out+56(%%rip)\n\t"
      "movups %%xmm2, out+72(%%rip)\n\t"
      "fxsave image(%%rip)\n\t"
      "movq %%mm0, out+88(%%rip)\n\t"
      "movq %%mm1, out+96(%%rip)\n\t"
      "emms\n\t"
      "movl $0x1f80, out+0(%%rip)\n\t"
      "ldmxcsr out+0(%%rip)\n\t"
      :
      : [page] "r"(page)
      : "rax", "rcx", "rdx", "rdi", "r14", "xmm0", "xmm1", "xmm2", "memory", "cc");
}

int main(void) {
  struct sigaction action = {0};
  static uint8_t stack[65536];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, 0);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGILL, &action, 0);
  sigaction(SIGBUS, &action, 0);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 1;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    memcpy(page, in.code, in.length);
    page[in.length] = 0xc3;
    memset(memory, 0, sizeof memory);
    memcpy(memory, in.memory, sizeof in.memory);
    memset(&out, 0, sizeof out);
    int number = sigsetjmp(escape, 1);
    if (!number) {
      execute();
      out.fault = 0;
      out.fpu = image[2] | image[3] << 8 | image[4] << 16;
    } else {
      memset(&out, 0, sizeof out);
      out.fault = number;
      out.mxcsr = fault_mxcsr;
    }
    memcpy(out.memory, memory, sizeof out.memory);
    fwrite(&out, sizeof out, 1, stdout);
  }
  return 0;
}
