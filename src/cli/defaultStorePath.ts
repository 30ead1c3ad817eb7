import os from 'node:os';
import path from 'node:path';

/** Folder for what the user's programs keep, by the custom of the platform. */
export function toDataFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = os.homedir(),
): string {
  switch (platform) {
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', 'RuntimeSlicer');
    case 'win32':
      return path.join(env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local'), 'RuntimeSlicer');
    default: {
      // The XDG specification has relative paths ignored.
      const folder = env.XDG_DATA_HOME ?? '';
      return path.join(path.isAbsolute(folder) ? folder : path.join(home, '.local', 'share'), 'runtimeslicer');
    }
  }
}

export function toDefaultStorePath(): string {
  return path.join(toDataFolder(), 'store.db');
}
