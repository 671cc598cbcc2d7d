/*
 * Runs a flat image on the processor of this machine, to decide what a real one answers. Linux on x86-64.
 *
 *   native IMAGE 64|32 [r:BASE:BYTES | d:ADDRESS:HEX]...
 *
 * r maps memory, d puts bytes there; numbers are hexadecimal. The image stands at 10000h. Whatever signal comes ends the run,
 * and what follows goes to stdout, little-endian: u64 signal, RIP, fault address, RFLAGS; u64 general registers in encoding order;
 * the 512 bytes of FXSAVE. A run of more than 20 s ends with SIGALRM.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ENTRY 0x10000ul
#define PAGE 0x1000ul
#define TIME_LIMIT_SECONDS 20

/* The state at the start; MOV leaves the flags alone. */
#define INITIAL_STATE \
  "fninit; ldmxcsr first_mxcsr(%rip); pxor %xmm0, %xmm0; movdqa %xmm0, %xmm1; movdqa %xmm0, %xmm2; movdqa %xmm0, %xmm3;" \
  "movdqa %xmm0, %xmm4; movdqa %xmm0, %xmm5; movdqa %xmm0, %xmm6; movdqa %xmm0, %xmm7; movdqa %xmm0, %xmm8;" \
  "movdqa %xmm0, %xmm9; movdqa %xmm0, %xmm10; movdqa %xmm0, %xmm11; movdqa %xmm0, %xmm12; movdqa %xmm0, %xmm13;" \
  "movdqa %xmm0, %xmm14; movdqa %xmm0, %xmm15; push $0x202; popfq;" \
  "mov $0, %eax; mov $0, %ebx; mov $0, %ecx; mov $0, %edx; mov $0, %esi; mov $0, %edi; mov $0, %ebp; mov $0, %esp;" \
  "mov $0, %r8d; mov $0, %r9d; mov $0, %r10d; mov $0, %r11d; mov $0, %r12d; mov $0, %r13d; mov $0, %r14d; mov $0, %r15d;"

/* 32-bit code is entered by a far jump to entry 1 of the LDT. */
__asm__(".pushsection .data; near_entry: .quad 0x10000; far_entry: .long 0x10000; .word 0x0f; .balign 4;"
        "first_mxcsr: .long 0x1f80; .popsection");

static uint8_t signal_stack[1 << 16];
static uint64_t report[4 + 16 + 64];

static long raw_call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

/* No thread-local storage and no library calls here: FS may be anything. */
static void on_signal(int number, siginfo_t *info, void *context) {
  static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
  report[0] = number;
  report[1] = machine->gregs[REG_RIP];
  report[2] = (uint64_t)info->si_addr;
  report[3] = machine->gregs[REG_EFL];
  for (int i = 0; i < 16; i++) report[4 + i] = machine->gregs[order[i]];
  const uint64_t *fpu = (const uint64_t *)machine->fpregs;
  for (int i = 0; i < 64; i++) report[20 + i] = fpu[i];
  raw_call(SYS_write, 1, (long)report, sizeof report);
  raw_call(SYS_exit_group, 0, 0, 0);
}

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static void map(uint64_t base, uint64_t bytes) {
  void *at = mmap((void *)base, (bytes + PAGE - 1) & -PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  if (at != (void *)base) fail("mmap");
}

static void put(uint64_t at, const char *hex) {
  for (unsigned value; sscanf(hex, "%2x", &value) == 1; hex += 2, at++) *(uint8_t *)at = value;
}

int main(int count, char **words) {
  if (count < 3) return 2;
  int file = open(words[1], O_RDONLY);
  off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
  if (size < 0) fail(words[1]);
  map(ENTRY, size);
  if (pread(file, (void *)ENTRY, size, 0) != size) fail(words[1]);
  int is_32 = atoi(words[2]) == 32;
  for (int i = 3; i < count; i++) {
    char *rest;
    uint64_t at = strtoull(words[i] + 2, &rest, 16);
    if (words[i][0] == 'r') map(at, strtoull(rest + 1, NULL, 16));
    else put(at, rest + 1);
  }
  stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  if (sigaltstack(&stack, NULL)) fail("sigaltstack");
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  static const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS, SIGALRM};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
    if (sigaction(signals[i], &action, NULL)) fail("sigaction");
  alarm(TIME_LIMIT_SECONDS);

  if (is_32) {
    struct user_desc segment = {.entry_number = 1, .limit = 0xfffff, .seg_32bit = 1, .contents = MODIFY_LDT_CONTENTS_CODE,
                                .limit_in_pages = 1, .useable = 1};
    if (syscall(SYS_modify_ldt, 0x11, &segment, sizeof segment)) fail("modify_ldt");
    segment.entry_number = 2;
    segment.contents = MODIFY_LDT_CONTENTS_DATA;
    if (syscall(SYS_modify_ldt, 0x11, &segment, sizeof segment)) fail("modify_ldt");
    /* DS and ES are null in a 64-bit process. */
    __asm__ volatile("mov %0, %%ds; mov %0, %%es" ::"r"(0x17));
    __asm__ volatile(INITIAL_STATE "ljmpl *far_entry(%rip)");
  }
  __asm__ volatile(INITIAL_STATE "jmp *near_entry(%rip)");
  return 2;
}
