/** Brings Debian packages where that is possible, and says so. */
import { hasCommand, run } from "./process.mjs";

/** Installs `packages`; what cannot be had is said in words, and reported by whoever needs it. */
export async function debianPackages(packages) {
  if (packages.length === 0) return;
  const list = packages.join(" ");
  if (!hasCommand("apt-get")) {
    console.error(`setup: missing here: ${list}. This is no Debian system; please install them.`);
    return;
  }
  const asRoot = process.getuid?.() === 0 ? [] : hasCommand("sudo") ? ["sudo", "-n"] : null;
  if (!asRoot) {
    console.error(`setup: missing Debian packages; please run as root: apt-get install -y ${list}`);
    return;
  }
  console.log(`setup: installing Debian packages: ${list}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", ...args];
    return run(command, rest, { env });
  };
  await apt("update");
  if ((await apt("install", "-y", "--no-install-recommends", ...packages)) !== 0)
    console.error(`setup: apt-get could not install: ${list}. What needs them is reported as failed.`);
}
