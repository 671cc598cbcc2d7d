/** Where the command's library is. */
import { homedir } from "node:os";
import { join } from "node:path";
import { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { FolderStorage } from "../../src/storage/library/folder-storage.ts";

/** Where the system keeps a user's data. */
export function defaultLibrary(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.POSADA_LIBRARY) return env.POSADA_LIBRARY;
  if (platform === "win32") return join(env.APPDATA ?? join(homedir(), "AppData", "Roaming"), "Posada");
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "Posada");
  return join(env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "posada");
}

export async function openLibrary(folder: string): Promise<MachineLibrary> {
  const library = new MachineLibrary(new FolderStorage(folder));
  await library.open();
  return library;
}
