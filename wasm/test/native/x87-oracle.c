/*
 * Runs single x87 instructions on the real processor: reads cases from standard input, writes results to standard output,
 * in the layout of wasm/test/native/x87-cases.ts. State goes in by FRSTOR and comes out by FNSAVE, which does not wait:
 * pending exceptions are seen and never delivered. A case's code may use rax and memory at (%rdi).
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct input {
  uint8_t length, code[15];
  uint32_t flags, unused;
  uint64_t rax;
  uint8_t memory[16];
  uint8_t state[108];
  uint8_t padding[4];
};

struct output {
  uint32_t fault, flags;
  uint64_t rax;
  uint8_t memory[16];
  uint8_t state[108];
  uint8_t padding[4];
};

static sigjmp_buf escape;
static uint8_t *page;
uint8_t memory[64] __attribute__((aligned(64)));
struct input in;
struct output out;

static void on_signal(int number) {
  siglongjmp(escape, number);
}

static void __attribute__((noinline)) execute(void) {
  __asm__ volatile(
      "movq %[page], %%r14\n\t"
      "frstor in+48(%%rip)\n\t"
      "movl in+16(%%rip), %%eax\n\t"
      "pushq %%rax\n\t"
      "popfq\n\t"
      "movq in+24(%%rip), %%rax\n\t"
      "leaq memory(%%rip), %%rdi\n\t"
      "call *%%r14\n\t"
      "fnsave out+32(%%rip)\n\t"
      "movq %%rax, out+8(%%rip)\n\t"
      "pushfq\n\t"
      "popq %%rax\n\t"
      "movl %%eax, out+4(%%rip)\n\t"
      :
      : [page] "r"(page)
      : "rax", "rdi", "r14", "memory", "cc");
}

int main(void) {
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGILL, &action, 0);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 1;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    memcpy(page, in.code, in.length);
    page[in.length] = 0xc3;
    memset(memory, 0, sizeof memory);
    memcpy(memory, in.memory, sizeof in.memory);
    memset(&out, 0, sizeof out);
    int number = sigsetjmp(escape, 1);
    if (!number) execute();
    else {
      __asm__ volatile("fninit");
      memset(&out, 0, sizeof out);
      out.fault = number;
    }
    memcpy(out.memory, memory, sizeof out.memory);
    fwrite(&out, sizeof out, 1, stdout);
  }
  return 0;
}
