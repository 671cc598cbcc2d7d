/**
 * Debian packages without installing them: a private apt state (own lists, own cache, an empty dpkg status) in a
 * folder of ours, `apt-get download`, and `dpkg-deb -x`. Uses the system's sources and keys, changes nothing there, and
 * needs no root. [apt.conf(5)] Dir, APT::Architectures.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export class AptError extends Error {
  name = "AptError";
}

export class PrivateApt {
  /** @param folder where the private state lives; made when absent. */
  constructor(folder) {
    this.folder = folder;
    this.updated = false;
  }

  /** Fetches the package lists once per run. A list that fails is only reported: the others may be all we need. */
  update() {
    if (this.updated) return;
    for (const part of ["state/lists/partial", "cache/archives/partial", "debs"])
      mkdirSync(join(this.folder, part), { recursive: true });
    const status = join(this.folder, "state", "status");
    if (!existsSync(status)) writeFileSync(status, "");
    writeFileSync(
      join(this.folder, "apt.conf"),
      [
        `APT::Architecture "amd64";`,
        `APT::Architectures { "amd64"; "i386"; };`,
        `APT::Sandbox::User "";`, // root downloads as root: the folder need not be readable by _apt
        `APT::Install-Recommends "false";`,
        `Acquire::Languages "none";`,
        `Acquire::Retries "3";`,
        `Dir::State "${join(this.folder, "state")}";`,
        `Dir::State::status "${status}";`,
        `Dir::Cache "${join(this.folder, "cache")}";`,
        "",
      ].join("\n"),
    );
    const result = this.#run("apt-get", ["-q", "update"]);
    const problems = result.stderr.split("\n").filter((line) => line.startsWith("E: ") || line.startsWith("W: "));
    if (result.status !== 0 && problems.length > 0) console.log(`guests: some package lists failed: ${problems[0]}`);
    this.updated = true;
  }

  /** Follows a meta package ("linux-image-686") to the package that it depends on and whose name begins with `prefix`. */
  resolve(name, architecture, prefix) {
    this.update();
    const { stdout } = this.#run("apt-cache", [
      "depends",
      "--no-recommends",
      "--no-suggests",
      `${name}:${architecture}`,
    ]);
    for (const line of stdout.split("\n")) {
      const found = /^\s*\|?Depends: ([^\s:]+)/.exec(line)?.[1];
      if (found?.startsWith(prefix)) return found;
    }
    throw new AptError(
      `apt knows no package ${name} for ${architecture} (is this Debian, with its main archive in the sources?)`,
    );
  }

  /** Downloads a package and unpacks it into `target`. @returns {{version: string, source: string}} */
  unpack(name, architecture, target) {
    this.update();
    const debs = join(this.folder, "debs", `${name}-${architecture}`);
    rmSync(debs, { recursive: true, force: true });
    mkdirSync(debs, { recursive: true });
    const result = this.#run("apt-get", ["-q", "download", `${name}:${architecture}`], debs);
    const file = readdirSync(debs).find((entry) => entry.endsWith(".deb"));
    if (result.status !== 0 || !file)
      throw new AptError(`apt-get could not download ${name}:${architecture}: ${lastLine(result.stderr)}`);
    const deb = join(debs, file);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    const unpacked = spawnSync("dpkg-deb", ["-x", deb, target], { encoding: "utf8" });
    if (unpacked.status !== 0)
      throw new AptError(`dpkg-deb could not unpack ${file}: ${lastLine(unpacked.stderr ?? "")}`);
    const field = (key) => spawnSync("dpkg-deb", ["-f", deb, key], { encoding: "utf8" }).stdout.trim();
    const version = field("Version");
    const source = (field("Source") || name).replace(/ .*/, "");
    rmSync(debs, { recursive: true, force: true });
    return { version, source };
  }

  #run(command, args, cwd = this.folder) {
    const env = {
      ...process.env,
      APT_CONFIG: join(this.folder, "apt.conf"),
      LC_ALL: "C",
      DEBIAN_FRONTEND: "noninteractive",
    };
    const result = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 << 20 });
    return {
      status: result.status ?? 128,
      stdout: result.stdout ?? "",
      stderr: result.stderr ?? String(result.error ?? ""),
    };
  }
}

function lastLine(text) {
  return text.trim().split("\n").at(-1) || "no reason given";
}
