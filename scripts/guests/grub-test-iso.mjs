/**
 * A CD that boots GRUB into its own functional tests and reports on the serial line: a strict guest for firmware, CPU
 * and graphics modes. Made by grub-mkrescue out of unpacked packages; needs xorriso and mformat on this machine.
 *
 * Several tests compare checksums of the whole screen, GRUB's title with its version on it. Those that come with GRUB 2.06
 * were recorded when the version was 2.03; a message catalogue brings back the title of then. That does not help
 * gfxterm_menu, which draws menus in languages of its own: it is left out. It fails in QEMU as well.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageCatalogue } from "./message-catalogue.mjs";

/** All of GRUB's functional tests but gfxterm_menu, in its order. */
const TESTS = [
  ...["legacy_password_test", "exfctest", "videotest_checksum", "setjmp_test", "cmdline_cat_test", "div_test"],
  ...["xnu_uuid_test", "pbkdf2_test", "signature_test", "sleep_test", "bswap_test", "ctz_test", "cmp_test", "mul_test"],
  ...["shift_test", "strtoull_test"],
];

const CONFIGURATION = `serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
loadfont unicode
set locale_dir=($root)/boot/grub/locale
set lang=tests
echo "Posada: GRUB functional tests"
insmod functional_test
${TESTS.map((test) => `insmod ${test}\n`).join("")}functional_test
echo "Posada: the tests have ended"
`;

const TITLE = { "GNU GRUB  version %s": "GNU GRUB  version 2.03" };

/** What grub-mkrescue is linked with beyond the C library; unpacked beside it in case this machine lacks them. */
export const LIBRARY_PACKAGES = ["libefivar1", "libefiboot1", "libdevmapper1.02.1"];

/**
 * @param common unpacked grub-common  @param modules unpacked grub-pc-bin  @param libraries unpacked LIBRARY_PACKAGES
 * @returns null, or why the CD could not be made
 */
export function makeGrubTestIso({ common, modules, libraries, work, output }) {
  rmSync(work, { recursive: true, force: true });
  const grub = join(work, "boot", "grub");
  mkdirSync(join(grub, "fonts"), { recursive: true });
  writeFileSync(join(grub, "grub.cfg"), CONFIGURATION);
  mkdirSync(join(grub, "locale"));
  writeFileSync(join(grub, "locale", "tests.mo"), messageCatalogue(TITLE));
  const font = join(common, "usr", "share", "grub", "unicode.pf2");
  if (existsSync(font)) cpSync(font, join(grub, "fonts", "unicode.pf2"));
  const mkrescue = join(common, "usr", "bin", "grub-mkrescue");
  const libraryPath = libraries.flatMap((folder) =>
    ["usr/lib", "lib"].map((part) => join(folder, part, "x86_64-linux-gnu")),
  );
  const made = spawnSync(
    mkrescue,
    [
      `--directory=${join(modules, "usr", "lib", "grub", "i386-pc")}`,
      "--locales=",
      "--themes=",
      "--fonts=",
      `--output=${output}`,
      work,
    ],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${join(common, "usr", "bin")}:${process.env.PATH}`,
        LD_LIBRARY_PATH: libraryPath.join(":"),
      },
    },
  );
  rmSync(work, { recursive: true, force: true });
  if (made.status === 0 && existsSync(output)) return null;
  const words = (made.error?.message ?? made.stderr ?? "").trim().split("\n").at(-1);
  return `grub-mkrescue could not make it: ${words || "no reason given"}`;
}
