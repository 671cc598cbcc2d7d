/**
 * The kvm-unit-tests: small kernels that try what only a kernel can. They are built for both architectures outside their
 * checkout, and run in machines with the test device. A test without cases of its own counts as one case.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { commitOf } from "../revision.ts";
import { type Context, type Outcome, type Suite, Tally } from "../suite.ts";
import { GRUB, runImage } from "./run-image.ts";
import { ARCHS, type Arch, type KvmTest, LEFT_OUT, TESTS, reasonFor } from "./tests.ts";

const TIMEOUT_SECONDS = 60;
const CROSS_PREFIX = "i686-linux-gnu-";

/** The folder of the images. */
function build(arch: Arch, folder: string, cache: string): string {
  const target = join(cache, arch);
  if (!existsSync(join(target, "config.mak"))) {
    mkdirSync(target, { recursive: true });
    const crossed = arch === "i386" ? [`--cross-prefix=${CROSS_PREFIX}`] : [];
    execFileSync(join(resolve(folder), "configure"), [`--arch=${arch}`, ...crossed], { cwd: target, stdio: "pipe" });
  }
  execFileSync("make", ["-j2"], { cwd: target, stdio: "pipe" });
  return join(target, "x86");
}

function runTest(arch: Arch, test: KvmTest, images: string, tally: Tally): void {
  const group = `${arch}/${test.name}`;
  if (test.needsFirmware && !existsSync(GRUB)) {
    tally.skip("needs GRUB's rescue CD (npm run guests -- --tests)", group);
    return;
  }
  const { passes, failed, ending } = runImage({
    image: join(images, `${test.image ?? test.name}.flat`),
    args: test.args ?? "",
    timeoutSeconds: test.timeoutSeconds ?? TIMEOUT_SECONDS,
    firmware: test.needsFirmware ?? false,
    exactTime: test.exactTime ?? false,
  });
  const fail = (name: string, what: string): void => tally.fail(group, { name, what, reason: reasonFor(name) });
  if (passes > 0) tally.pass(group, passes);
  for (const words of failed) fail(`${group}: ${words}`, "FAIL");
  if (ending) fail(group, ending);
  else if (passes === 0 && failed.length === 0) tally.pass(group);
}

function run({ folder, cache, filter, log }: Context): Outcome {
  const tally = new Tally();
  for (const arch of ARCHS) {
    const images = build(arch, folder, cache);
    for (const test of TESTS) {
      if (!(test.archs ?? ARCHS).includes(arch) || !`${arch}/${test.name}`.includes(filter)) continue;
      log(`${arch}/${test.name}`);
      runTest(arch, test, images, tally);
    }
  }
  for (const { reason, names } of LEFT_OUT) for (const name of names) tally.skip(reason, name);
  return tally.outcome(commitOf(folder), ["Machines have one processor here; tests for several run with one."]);
}

export const kvmUnitTests: Suite = {
  id: "kvm-unit-tests",
  title: "kvm-unit-tests",
  needs: "a checkout of github.com/kvm-unit-tests/kvm-unit-tests; make, gcc, gcc-i686-linux-gnu, tar",
  programs: ["make", "gcc", `${CROSS_PREFIX}gcc`, "tar"],
  run,
};
