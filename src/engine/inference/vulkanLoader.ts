/** Whether WebGPU can start at all: on Linux it stands on the Vulkan loader, and where that is missing it says so on stderr of the process. */
import fs from 'node:fs';
import path from 'node:path';
import type { ProviderName } from '../../protocol/views.js';

const LOADER = 'libvulkan.so.1';
/** Index that the dynamic linker of glibc searches; its strings are NUL-terminated paths. */
const LINKER_CACHE = '/etc/ld.so.cache';
/** What linkers search besides (musl has no index); Debian keeps libraries below the name of the machine. */
const MACHINES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** What the probe reads; tests name folders of their own. */
export interface LibraryPlaces {
  readonly platform: NodeJS.Platform;
  readonly cacheFile: string;
  readonly folders: readonly string[];
}

export function listLibraryPlaces(): LibraryPlaces {
  const machine = MACHINES[process.arch];
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  const usual = ['/lib', '/usr/lib', '/usr/local/lib', '/lib64', '/usr/lib64'];
  const perMachine = machine === undefined ? [] : [`/lib/${machine}`, `/usr/lib/${machine}`];
  return { platform: process.platform, cacheFile: LINKER_CACHE, folders: [...named, ...usual, ...perMachine] };
}

/** Why `provider` need not be tried on this machine; undefined when it may work. Costs a few file look-ups, starts nothing. */
export function findObstacle(provider: ProviderName, places: LibraryPlaces = listLibraryPlaces()): string | undefined {
  if (provider !== 'webgpu' || places.platform !== 'linux' || hasLoader(places)) {
    return undefined;
  }
  return `no Vulkan loader (${LOADER})`;
}

function hasLoader({ cacheFile, folders }: LibraryPlaces): boolean {
  return [...folders.map((folder) => path.join(folder, LOADER)), ...listCached(cacheFile)].some((file) => fs.existsSync(file));
}

/** Paths of the loader in the linker's index, which may be older than the last removal of a package. */
function listCached(cacheFile: string): readonly string[] {
  if (!fs.existsSync(cacheFile)) {
    return [];
  }
  return fs.readFileSync(cacheFile, 'latin1').match(/\/[^\0]*\/libvulkan\.so\.1(?=\0)/g) ?? [];
}
