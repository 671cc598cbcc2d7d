/** Story: somebody runs firmware and a hypervisor from the command line, in place of SeaBIOS and a kernel. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { posada } from "./support/posada.ts";

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "posada-test-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Without a VGA BIOS: SeaBIOS's reads the EDID by a 32-bit address in real mode, which the segments of 64 KiB that U-Boot
 * leaves there do not allow ([SDM3] 20.1.1: #GP).
 */
for (const [rom, version] of [
  ["u-boot-x86.rom", "U-Boot 2023"],
  ["u-boot-x86_64.rom", "U-Boot SPL 2023"],
] as const)
  test(`${rom}: prompt, and a command`, async () => {
    const { status, stdout, stderr } = await posada(
      ...["run", "--memory", "256", "--bios", guest(rom), "--vga-bios", "none", "--until", "stop autoboot"],
      ...["--send", " ", "--until", "=> ", "--send", "md.b fffffff0 1\\n", "--until", "fffffff0: ", "--timeout", "120"],
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain(version);
  });

test("OVMF in flash: the UEFI shell, whose variables outlive the machine", async () => {
  test.slow();
  const variables = join(folder, "vars.fd");
  copyFileSync(guest("OVMF_VARS_4M.fd"), variables);
  const before = readFileSync(variables);
  const run = (...steps: string[]) =>
    posada(
      ...["run", "--memory", "256", "--pflash", `${guest("OVMF_CODE_4M.fd")},ro`, "--pflash", variables],
      ...["--until", "Shell>", ...steps, "--timeout", "240"],
    );
  const set = "setvar Inn -guid 0d3fb176-9569-4d51-a3ef-7d61c64feaba -bs -nv =0x504f53414441";
  const first = await run("--send", `${set}\\r`, "--until", "Shell>", "--send", "reset -s\\r");
  expect(first.stderr).toBe("");
  expect(first.status).toBe(0);
  expect(readFileSync(variables).equals(before)).toBe(false);
  const get = "setvar Inn -guid 0d3fb176-9569-4d51-a3ef-7d61c64feaba";
  const second = await run("--send", `${get}\\r`, "--until", "41 44 41 53 4F 50");
  expect(second.status, second.stderr).toBe(0);
});

test("Xen with Debian's kernel as paravirtual dom0", async () => {
  test.skip(process.env.POSADA_LONG_GUESTS !== "1", "long: POSADA_LONG_GUESTS=1 runs it");
  test.setTimeout(1_800_000);
  const { status, stdout, stderr } = await posada(
    ...["run", "--memory", "512", "--kernel", guest("xen-4.17-amd64.gz")],
    ...["--append", "no-real-mode com1=115200,8n1 console=com1 dom0_mem=256M"],
    ...["--module", `${guest("vmlinuz-amd64")} console=hvc0 cryptomgr.notests`, "--initrd", guest("initrd-amd64.gz")],
    ...["--until", "posada:", "--send", "dmesg | grep Hyperv\\n", "--until", "Hypervisor detected: Xen PV"],
    ...["--timeout", "1700"],
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toContain("Xen version 4.17");
});
