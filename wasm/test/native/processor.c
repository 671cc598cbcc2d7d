/*
 * Runs single instructions on the real processor, in 64-bit, 32-bit and 16-bit code segments: cases come from standard
 * input, results go to standard output, both in the layout of integer-layout.ts.
 *
 * A case is entered by returning from a signal handler, with all registers as the case wants them, and left by the
 * exception that follows: the breakpoint after the instruction, or its own fault. So every register, the stack pointer,
 * CS, the x87 and XMM registers and MXCSR included, belongs to the case, and the kernel reports vector, error code and CR2. The handler must not rely on
 * what the C library keeps behind FS: the case has its own.
 *
 * Left out: what enters the kernel by intention (SYSCALL, INT 80h) and what the kernel emulates (SGDT and its like).
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

/* Where everything lies: the same numbers as in integer-layout.ts. */
#define CODE 0x200000ul
#define CODE_BYTES 0x2000ul
#define DATA 0x300000ul
#define DATA_BYTES 0x2000ul /* read and write, then one page to read */
#define READ_ONLY_BYTES 0x1000ul
#define STACK 0x400000ul
#define STACK_BYTES 0x2000ul
#define HIGH 0x700000000000ul /* the data once more */
#define SEG16_BASE 0x2f8000ul
#define FS_BASE32 0x2f4000ul
#define GS_BASE32 0xfffff000ul
#define CODE16_BASE 0x1f8000ul
#define STACK16_BASE 0x3f8000ul
#define SEGMENT16_LIMIT 0xafff
#define FP_BYTES 416

enum { LDT_CODE16, LDT_DATA16, LDT_STACK16, LDT_FS, LDT_GS };
#define LDT_SELECTOR(n) ((n) * 8 + 7)

struct input {
  uint8_t mode, length, code[16];
  uint16_t code_offset;
  uint32_t flags;
  uint64_t registers[16];
  uint64_t fs_base, gs_base;
  uint32_t at[2]; /* where the bytes below stand */
  uint8_t bytes[2][32];
  uint8_t fp[FP_BYTES]; /* as FXSAVE stores it, up to XMM15 */
};

struct output {
  uint32_t vector, error;
  uint64_t cr2, rip, flags;
  uint64_t registers[16];
  uint32_t changed, hash; /* bytes of memory that are not as they were, and a digest of them */
  uint32_t first;
  uint8_t bytes[36]; /* from the first on */
  uint16_t selectors[6]; /* ES CS SS DS FS GS */
  uint32_t unused;
  uint64_t fs_base, gs_base;
  uint8_t fp[FP_BYTES];
};

static uint8_t *code, *data, *stack; /* writable views */
static uint8_t *pattern;
static struct input *inputs;
static struct output *outputs;
static volatile long current, count;
static ucontext_t home;
static unsigned long home_fs;
static long watched; /* the case that the last alarm met */

static const int SIGNAL_ORDER[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                     REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static uint8_t *region_start(int region) { return region == 0 ? data : stack; }

/* The digest and the first bytes of what differs from the pattern; the pattern is put back. */
static void report_memory(struct output *out) {
  static uint8_t before[DATA_BYTES];
  const struct input *in = &inputs[current];
  uint32_t hash = 0x811c9dc5;
  out->changed = out->hash = out->first = 0;
  memset(out->bytes, 0, sizeof out->bytes);
  for (int region = 0; region < 2; region++) {
    uint8_t *now = region_start(region);
    const uint8_t *original = pattern + region * (DATA_BYTES + READ_ONLY_BYTES);
    uint32_t base = region == 0 ? DATA : STACK;
    memcpy(before, original, DATA_BYTES);
    for (int i = 0; i < 2; i++)
      if (in->at[i] >= base && in->at[i] + 32 <= base + DATA_BYTES) memcpy(before + (in->at[i] - base), in->bytes[i], 32);
    if (memcmp(now, before, DATA_BYTES) != 0) {
      for (uint32_t i = 0; i < DATA_BYTES; i++) {
        if (now[i] == before[i]) continue;
        if (out->changed++ == 0) {
          out->first = base + i;
          uint32_t room = DATA_BYTES - i;
          memcpy(out->bytes, now + i, room < sizeof out->bytes ? room : sizeof out->bytes);
        }
        hash = (hash ^ (base + i)) * 0x01000193;
        hash = (hash ^ now[i]) * 0x01000193;
      }
    }
    memcpy(now, original, DATA_BYTES);
  }
  if (out->changed) out->hash = hash;
}

static void set_segments(const struct input *in) {
  uint32_t ds = in->mode == 2 ? LDT_SELECTOR(LDT_DATA16) : 0x2b;
  __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(ds));
  if (in->mode == 0) {
    __asm__ volatile("mov %0, %%fs\n\tmov %0, %%gs" : : "r"(0));
    __asm__ volatile("wrfsbase %0" : : "r"(in->fs_base));
    __asm__ volatile("wrgsbase %0" : : "r"(in->gs_base));
  } else {
    __asm__ volatile("mov %0, %%fs" : : "r"(LDT_SELECTOR(LDT_FS)));
    __asm__ volatile("mov %0, %%gs" : : "r"(LDT_SELECTOR(LDT_GS)));
  }
}

static void prepare(ucontext_t *u) {
  const struct input *in = &inputs[current];
  greg_t *g = u->uc_mcontext.gregs;
  for (int i = 0; i < 2; i++) {
    uint32_t at = in->at[i];
    if (at >= DATA && at + 32 <= DATA + DATA_BYTES) memcpy(data + (at - DATA), in->bytes[i], 32);
    else if (at >= STACK && at + 32 <= STACK + STACK_BYTES) memcpy(stack + (at - STACK), in->bytes[i], 32);
  }
  for (unsigned i = 0; i < in->length && in->code_offset + i < CODE_BYTES; i++) code[in->code_offset + i] = in->code[i];
  for (int i = 0; i < 16; i++) g[SIGNAL_ORDER[i]] = in->registers[i];
  g[REG_EFL] = in->flags;
  memcpy(u->uc_mcontext.fpregs, in->fp, FP_BYTES);
  uint64_t cs = in->mode == 0 ? 0x33 : in->mode == 1 ? 0x23 : LDT_SELECTOR(LDT_CODE16);
  uint64_t ss = in->mode == 2 ? LDT_SELECTOR(LDT_STACK16) : 0x2b;
  g[REG_RIP] = CODE + in->code_offset - (in->mode == 2 ? CODE16_BASE : 0);
  g[REG_CSGSFS] = cs | (ss << 48);
  set_segments(in);
}

static void on_signal(int number, siginfo_t *info, void *context) {
  uint64_t fs_base, gs_base;
  uint16_t es, ds, fs, gs;
  __asm__ volatile("rdfsbase %0\n\trdgsbase %1" : "=r"(fs_base), "=r"(gs_base));
  __asm__ volatile("mov %%es, %0\n\tmov %%ds, %1\n\tmov %%fs, %2\n\tmov %%gs, %3" : "=r"(es), "=r"(ds), "=r"(fs), "=r"(gs));
  /* AC, NT and ID of the case are not for us, nor are its FS and GS. */
  __asm__ volatile("pushq $2\n\tpopfq" : : : "cc", "memory");
  __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %1, %%fs\n\tmov %1, %%gs" : : "r"(0x2b), "r"(0));
  __asm__ volatile("wrfsbase %0" : : "r"(home_fs));
  ucontext_t *u = context;
  greg_t *g = u->uc_mcontext.gregs;
  (void)info;
  if (number == SIGALRM && (current < 0 || current >= count)) return;
  if (number == SIGALRM && watched != current) {
    watched = current;
    set_segments(&inputs[current]);
    return;
  }
  if (current < 0) {
    memcpy(&home, u, sizeof home);
  } else {
    struct output *out = &outputs[current];
    struct input *in = &inputs[current];
    out->vector = number == SIGALRM ? 255 : (uint32_t)g[REG_TRAPNO];
    out->error = (uint32_t)g[REG_ERR];
    out->cr2 = out->vector == 14 ? (uint64_t)g[REG_CR2] : 0;
    if (out->vector != 14 && out->vector != 13 && out->vector != 12 && out->vector != 11) out->error = 0;
    out->rip = (uint64_t)g[REG_RIP];
    out->flags = (uint64_t)g[REG_EFL];
    for (int i = 0; i < 16; i++) out->registers[i] = (uint64_t)g[SIGNAL_ORDER[i]];
    out->selectors[0] = es;
    out->selectors[1] = (uint16_t)g[REG_CSGSFS];
    out->selectors[2] = (uint16_t)((uint64_t)g[REG_CSGSFS] >> 48);
    out->selectors[3] = ds;
    out->selectors[4] = fs;
    out->selectors[5] = gs;
    out->fs_base = fs_base;
    out->gs_base = gs_base;
    memcpy(out->fp, u->uc_mcontext.fpregs, FP_BYTES);
    report_memory(out);
    for (unsigned i = 0; i < in->length && in->code_offset + i < CODE_BYTES; i++) code[in->code_offset + i] = 0xcc;
  }
  if (++current < count) {
    prepare(u);
    return;
  }
  memcpy(u->uc_mcontext.gregs, home.uc_mcontext.gregs, sizeof home.uc_mcontext.gregs);
}

static void *map(unsigned long at, unsigned long bytes, int protection, int file, unsigned long offset) {
  void *p = mmap((void *)at, bytes, protection, MAP_SHARED | MAP_POPULATE | (at ? MAP_FIXED_NOREPLACE : 0), file, (off_t)offset);
  if (p == MAP_FAILED || (at && p != (void *)at)) {
    perror("mmap");
    exit(1);
  }
  return p;
}

static void set_segment(int index, unsigned long base, unsigned limit, int contents, int is32, int pages) {
  struct user_desc d = {.entry_number = (unsigned)index, .base_addr = (unsigned)base, .limit = limit, .seg_32bit = (unsigned)is32 & 1, .contents = (unsigned)contents & 3,
                        .limit_in_pages = (unsigned)pages & 1, .useable = 1};
  if (syscall(SYS_modify_ldt, 1, &d, sizeof d) != 0) {
    perror("modify_ldt");
    exit(1);
  }
}

static void read_all(void *to, size_t bytes) {
  if (fread(to, 1, bytes, stdin) != bytes) {
    fprintf(stderr, "the input is too short\n");
    exit(1);
  }
}

int main(void) {
  int file = memfd_create("cases", 0);
  const unsigned long data_at = 0, read_only_at = DATA_BYTES, stack_at = read_only_at + READ_ONLY_BYTES, code_at = stack_at + STACK_BYTES;
  if (file < 0 || ftruncate(file, (off_t)(code_at + CODE_BYTES)) != 0) return 1;
  uint8_t *all = map(0, code_at + CODE_BYTES, PROT_READ | PROT_WRITE, file, 0);
  data = all + data_at;
  stack = all + stack_at;
  code = all + code_at;
  /* Standard input: the pattern of data, read-only page and stack; then the cases. */
  pattern = malloc(code_at);
  read_all(pattern, code_at);
  memcpy(all, pattern, code_at);
  memset(code, 0xcc, CODE_BYTES);
  map(CODE, CODE_BYTES, PROT_READ | PROT_EXEC, file, code_at);
  map(DATA, DATA_BYTES, PROT_READ | PROT_WRITE, file, data_at);
  map(DATA + DATA_BYTES, READ_ONLY_BYTES, PROT_READ, file, read_only_at);
  map(STACK, STACK_BYTES, PROT_READ | PROT_WRITE, file, stack_at);
  map(HIGH, DATA_BYTES, PROT_READ | PROT_WRITE, file, data_at);
  map(HIGH + DATA_BYTES, READ_ONLY_BYTES, PROT_READ, file, read_only_at);
  set_segment(LDT_CODE16, CODE16_BASE, SEGMENT16_LIMIT, 2, 0, 0);
  set_segment(LDT_DATA16, SEG16_BASE, SEGMENT16_LIMIT, 0, 0, 0);
  set_segment(LDT_STACK16, STACK16_BASE, SEGMENT16_LIMIT, 0, 0, 0);
  set_segment(LDT_FS, FS_BASE32, 0xfffff, 0, 1, 1);
  set_segment(LDT_GS, GS_BASE32, 0xfffff, 0, 1, 1);

  static uint8_t handler_stack[1 << 18];
  stack_t alternate = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  sigaltstack(&alternate, 0);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP, SIGALRM};
  sigfillset(&action.sa_mask);
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  __asm__ volatile("rdfsbase %0" : "=r"(home_fs));

  size_t room = 1 << 16;
  inputs = malloc(room * sizeof *inputs);
  outputs = malloc(room * sizeof *outputs);
  long n;
  while ((n = (long)fread(inputs, sizeof *inputs, room, stdin)) > 0) {
    current = -1;
    count = n;
    /* Something that never ends (it should not be asked for) is a result as well. */
    watched = -1; /* no case */
    struct itimerval watch = {{2, 0}, {2, 0}}, none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &watch, 0);
    __asm__ volatile("int3" : : : "memory");
    setitimer(ITIMER_REAL, &none, 0);
    if (fwrite(outputs, sizeof *outputs, (size_t)n, stdout) != (size_t)n) return 1;
  }
  return 0;
}
