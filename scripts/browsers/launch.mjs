/** Starts Debian's browsers with a fresh profile and one address; WebKit's MiniBrowser under a virtual screen. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCommand, outputOf } from "../lib/process.mjs";

const LIBRARIES = "/usr/lib";

/** The path of WebKitGTK's MiniBrowser, which is in a folder of the architecture and the version. */
function miniBrowser() {
  if (!existsSync(LIBRARIES)) return null;
  for (const architecture of readdirSync(LIBRARIES))
    for (const version of ["webkitgtk-6.0", "webkit2gtk-4.1", "webkit2gtk-4.0"]) {
      const path = join(LIBRARIES, architecture, version, "MiniBrowser");
      if (existsSync(path)) return path;
    }
  return null;
}

const packageVersion = (name) => outputOf("dpkg-query", ["-W", "-f", "${Version}", name])?.replace(/-.*/, "") ?? "";

/** By the word for the command line: name, the Debian packages it needs, and its command for an address. */
export const browsers = {
  chromium: {
    name: "Chromium",
    packages: ["chromium"],
    isThere: () => hasCommand("chromium"),
    version: () => packageVersion("chromium"),
    command: (profile, url) => [
      "chromium",
      ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu", `--user-data-dir=${profile}`, url],
    ],
  },
  firefox: {
    name: "Firefox ESR",
    packages: ["firefox-esr"],
    isThere: () => hasCommand("firefox-esr"),
    version: () => packageVersion("firefox-esr"),
    command: (profile, url) => ["firefox-esr", ["--headless", "--no-remote", "--profile", profile, url]],
  },
  webkit: {
    name: "WebKitGTK",
    packages: ["webkit2gtk-driver", "xvfb", "xauth"],
    isThere: () => miniBrowser() !== null && hasCommand("xvfb-run"),
    version: () => packageVersion("libwebkit2gtk-4.1-0"),
    command: (_, url) => ["xvfb-run", ["-a", miniBrowser(), url]],
  },
};

/** @returns how to end it */
export function launch({ command }, url) {
  const profile = mkdtempSync(join(tmpdir(), "posada-browser-"));
  const [program, args] = command(profile, url);
  const env = { ...process.env, HOME: profile, XDG_CACHE_HOME: profile, XDG_DATA_HOME: profile };
  // A group of its own, so that all its processes end with it.
  const child = spawn(program, args, { stdio: "ignore", detached: true, env });
  const gone = new Promise((resolve) => child.on("close", resolve));
  return {
    gone,
    async end() {
      try {
        process.kill(-child.pid, "SIGTERM");
      } catch {
        // it has ended by itself
      }
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
