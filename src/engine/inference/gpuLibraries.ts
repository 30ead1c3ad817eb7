/**
 * Which libraries a GPU provider stands on and this machine lacks, on Linux: without the Vulkan loader WebGPU complains on stderr of the
 * process, and of CUDA's libraries ONNX Runtime says only that something could not be loaded.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ProviderName } from '../../protocol/views.js';

const VULKAN_LOADER = 'libvulkan.so.1';
/** Part of ONNX Runtime that its npm package does not bring: 270 MB of kernels. */
const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';
/** The names of the libraries it needs stand at the start of the file (from byte 8,448 on in 1.30.0). */
const NAMES_WITHIN_BYTES = 1024 * 1024;
/** Index that the dynamic linker of glibc searches; its strings are NUL-terminated paths. */
const LINKER_CACHE = '/etc/ld.so.cache';
/** What linkers search besides (musl has no index); Debian keeps libraries below the name of the machine. */
const MACHINES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** What the probe reads; tests name folders of their own. */
export interface LibraryPlaces {
  readonly platform: NodeJS.Platform;
  readonly cacheFile: string;
  readonly folders: readonly string[];
  /** Where ONNX Runtime lies, and its providers beside it; undefined where it is not installed. */
  readonly runtimeFolder: string | undefined;
}

export function listLibraryPlaces(): LibraryPlaces {
  const machine = MACHINES[process.arch];
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  const usual = ['/lib', '/usr/lib', '/usr/local/lib', '/lib64', '/usr/lib64'];
  const perMachine = machine === undefined ? [] : [`/lib/${machine}`, `/usr/lib/${machine}`];
  return {
    platform: process.platform,
    cacheFile: LINKER_CACHE,
    folders: [...named, ...usual, ...perMachine],
    runtimeFolder: findRuntimeFolder(),
  };
}

/** Why `provider` need not be tried on this machine; undefined when it may work. Costs a few file look-ups, starts nothing. */
export function findObstacle(provider: ProviderName, places: LibraryPlaces = listLibraryPlaces()): string | undefined {
  if (places.platform !== 'linux') {
    return undefined;
  }
  if (provider === 'webgpu' && !hasLibrary(VULKAN_LOADER, places)) {
    return `no Vulkan loader (${VULKAN_LOADER})`;
  }
  const { runtimeFolder } = places;
  if (provider === 'cuda' && runtimeFolder !== undefined && !fs.existsSync(path.join(runtimeFolder, CUDA_PROVIDER))) {
    return `no ${CUDA_PROVIDER} beside ONNX Runtime; see "GPU" in the README`;
  }
  return undefined;
}

/** Libraries that `provider` names and that are nowhere to be found: why it failed to open, where that is so. */
export function findMissingLibraries(provider: ProviderName, places: LibraryPlaces = listLibraryPlaces()): string[] {
  const { platform, runtimeFolder } = places;
  if (platform !== 'linux' || provider !== 'cuda' || runtimeFolder === undefined) {
    return [];
  }
  const names = readStart(path.join(runtimeFolder, CUDA_PROVIDER)).match(/\blib(?:cu|nv)[A-Za-z]+\.so\.\d+(?=\0)/g) ?? [];
  return [...new Set(names)].filter((name) => !hasLibrary(name, places));
}

function findRuntimeFolder(): string | undefined {
  try {
    const file = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return path.join(path.dirname(file), 'bin', 'napi-v6', process.platform, process.arch);
  } catch {
    return undefined;
  }
}

function hasLibrary(name: string, { cacheFile, folders }: LibraryPlaces): boolean {
  return [...folders.map((folder) => path.join(folder, name)), ...listCached(name, cacheFile)].some((file) => fs.existsSync(file));
}

/** Paths of the library in the linker's index, which may be older than the last removal of a package. */
function listCached(name: string, cacheFile: string): readonly string[] {
  if (!fs.existsSync(cacheFile)) {
    return [];
  }
  const paths = fs.readFileSync(cacheFile, 'latin1').split('\0');
  return paths.filter((text) => text.startsWith('/') && path.posix.basename(text) === name);
}

/** '' for a file that cannot be read: this only adds to a failure that is reported as it is. */
function readStart(file: string): string {
  let handle: number | undefined;
  try {
    handle = fs.openSync(file, 'r');
    const bytes = Buffer.alloc(Math.min(NAMES_WITHIN_BYTES, fs.fstatSync(handle).size));
    fs.readSync(handle, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1');
  } catch {
    return '';
  } finally {
    if (handle !== undefined) {
      fs.closeSync(handle);
    }
  }
}
