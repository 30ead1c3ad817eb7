import os from 'node:os';
import path from 'node:path';

/** Where downloads that outlive a checkout are kept: `$RUNTIMESLICER_CACHE`, else the user's cache folder. */
export function findCacheFolder(): string {
  const { RUNTIMESLICER_CACHE: chosen, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  if (process.platform === 'win32') return path.join(local ?? path.join(os.homedir(), 'AppData', 'Local'), 'runtimeslicer', 'Cache');
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches', 'runtimeslicer');
  return path.join(xdg !== undefined && xdg !== '' ? xdg : path.join(os.homedir(), '.cache'), 'runtimeslicer');
}
