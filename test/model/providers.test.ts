import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseProvider, listCandidates, type Candidate, type WarmUp } from '../../src/engine/inference/providers.js';
import { findMissingLibraries, findObstacle, type LibraryPlaces } from '../../src/engine/inference/gpuLibraries.js';
import type { ProviderName } from '../../src/protocol/views.js';
import { createTemporaryFolder } from '../unit/engine/temporaryFolder.js';

const TOLERANCE = { cpu: 1e-4, webgpu: 1e-3, cuda: 5e-3, dml: 2e-2, coreml: 2e-2 };
const KNOWN = ['cpu', 'webgpu', 'cuda', 'tensorrt'];

/** A machine on which each provider either throws or warms up as told. */
function machine(
  behaviour: Partial<Record<ProviderName, Error | WarmUp>>,
): Candidate<ProviderName> & { readonly disposed: ProviderName[] } {
  const disposed: ProviderName[] = [];
  return {
    disposed,
    open: (provider) => Promise.resolve(provider),
    warmUp(provider) {
      const result = behaviour[provider] ?? new Error(`${provider} is not there`);
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
    dispose(provider) {
      disposed.push(provider);
      return Promise.resolve();
    },
  };
}

describe('order of providers', () => {
  test('auto tries what the runtime was built with, the CPU last', () => {
    expect(listCandidates('auto', KNOWN)).toEqual(['cuda', 'webgpu', 'cpu']);
    expect(listCandidates('auto', ['cpu', 'coreml', 'webgpu'])).toEqual(['coreml', 'webgpu', 'cpu']);
    expect(listCandidates('auto', [])).toEqual(['cpu']);
  });

  test('a named provider is tried first even when the runtime does not list it', () => {
    expect(listCandidates('dml', KNOWN)).toEqual(['dml', 'cpu']);
    expect(listCandidates('cpu', KNOWN)).toEqual(['cpu']);
  });
});

function places(platform: NodeJS.Platform): { folder: string; places: LibraryPlaces } {
  const folder = createTemporaryFolder();
  const runtimeFolder = path.join(folder, 'runtime');
  fs.mkdirSync(runtimeFolder);
  return { folder, places: { platform, cacheFile: path.join(folder, 'ld.so.cache'), folders: [path.join(folder, 'lib')], runtimeFolder } };
}

describe('Vulkan loader', () => {
  const MISSING = 'no Vulkan loader (libvulkan.so.1)';

  test('on Linux webgpu needs it, in a folder of libraries or in the index of the linker', () => {
    const { folder, places: here } = places('linux');
    expect(findObstacle('webgpu', here)).toBe(MISSING);
    const library = path.join(folder, 'elsewhere', 'libvulkan.so.1');
    fs.writeFileSync(here.cacheFile, `glibc-ld.so.cache1.1\0\u0001libc.so.6\0/lib/libc.so.6\0libvulkan.so.1\0${library}\0`, 'latin1');
    expect(findObstacle('webgpu', here)).toBe(MISSING);
    fs.mkdirSync(path.dirname(library));
    fs.writeFileSync(library, '');
    expect(findObstacle('webgpu', here)).toBeUndefined();
    const other = places('linux');
    fs.mkdirSync(path.join(other.folder, 'lib'));
    fs.writeFileSync(path.join(other.folder, 'lib', 'libvulkan.so.1'), '');
    expect(findObstacle('webgpu', other.places)).toBeUndefined();
  });

  test('other providers and other systems do not', () => {
    expect(findObstacle('cpu', places('linux').places)).toBeUndefined();
    expect(findObstacle('webgpu', places('darwin').places)).toBeUndefined();
    expect(findObstacle('webgpu', places('win32').places)).toBeUndefined();
  });
});

describe('libraries of CUDA', () => {
  const PROVIDER = 'libonnxruntime_providers_cuda.so';

  test('without the provider beside ONNX Runtime nothing is tried, and the reason says what to read', () => {
    const { places: here } = places('linux');
    expect(findObstacle('cuda', here)).toBe(`no ${PROVIDER} beside ONNX Runtime; see "GPU" in the README`);
    expect(findMissingLibraries('webgpu', here)).toEqual([]);
    expect(findObstacle('cuda', places('win32').places)).toBeUndefined();
    expect(findObstacle('cuda', { ...here, runtimeFolder: undefined })).toBeUndefined();
  });

  test('those that the provider names and that no folder holds are listed once', () => {
    const { folder, places: here } = places('linux');
    const names = 'libcublasLt.so.13\0libcudart.so.13\0libcuda.so.1\0libcublasLt.so.13\0libc.so.6\0libcudnn.so\0';
    fs.writeFileSync(path.join(here.runtimeFolder ?? '', PROVIDER), `\x7fELF${'\0'.repeat(9000)}${names}`, 'latin1');
    fs.mkdirSync(path.join(folder, 'lib'));
    fs.writeFileSync(path.join(folder, 'lib', 'libcuda.so.1'), '');
    expect(findObstacle('cuda', here)).toBeUndefined();
    expect(findMissingLibraries('cuda', here)).toEqual(['libcublasLt.so.13', 'libcudart.so.13']);
  });

  test('a provider that cannot be read says nothing of what it lacks', () => {
    const { places: here } = places('linux');
    expect(findMissingLibraries('cuda', here)).toEqual([]);
    fs.mkdirSync(path.join(here.runtimeFolder ?? '', PROVIDER));
    expect(findMissingLibraries('cuda', here)).toEqual([]);
  });
});

describe('choice of a provider', () => {
  const fine: WarmUp = { difference: 2e-7, runMs: 5 };

  test('the first that reproduces the reference', async () => {
    const chosen = await chooseProvider('auto', KNOWN, TOLERANCE, machine({ cuda: fine, cpu: fine }));
    expect(chosen.provider).toBe('cuda');
    expect(chosen.attempts).toMatchObject([{ provider: 'cuda', chosen: true, reason: 'ok, parity 2e-7' }]);
  });

  test('failures, wrong results and slowness are passed over, each with its reason, and disposed', async () => {
    const here = machine({
      cuda: new Error('libcudart.so.12: cannot open\nshared object file'),
      webgpu: { difference: 0.5, runMs: 5 },
      cpu: { difference: 0, runMs: 900 },
    });
    const chosen = await chooseProvider('auto', KNOWN, TOLERANCE, here);
    expect(chosen.provider).toBe('cpu');
    expect(chosen.attempts.map(({ reason }) => reason)).toEqual([
      'libcudart.so.12: cannot open shared object file',
      'differs from the reference by 5e-1, at most 1e-3 is allowed',
      'ok, parity 0',
    ]);
    expect(here.disposed).toEqual(['cuda', 'webgpu']);
  });

  test('what CUDA says is found behind its C++ types, and what it lacks is named', async () => {
    const types = '/onnxruntime_src/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, common::Status> '.repeat(4);
    const failure = 'CUDA failure 36: API call is not supported in the installed CUDA driver ; GPU=-1 ; hostname=host ; expr=cudaSetDevice';
    const here = { ...machine({ cpu: fine }), findMissingLibraries: () => ['libcudart.so.13', 'libcublas.so.13'] };
    const reasonOf = async (candidate: Candidate<ProviderName>): Promise<string | undefined> =>
      (await chooseProvider('cuda', KNOWN, TOLERANCE, candidate)).attempts[0]?.reason;
    const open = (words: string): Candidate<ProviderName> => ({
      ...here,
      open: (provider) => (provider === 'cuda' ? Promise.reject(new Error(words)) : Promise.resolve(provider)),
    });
    const missing = 'not found: libcudart.so.13, libcublas.so.13 (LD_LIBRARY_PATH names the folders)';
    expect(await reasonOf(open('Failed to load shared library'))).toBe(`Failed to load shared library; ${missing}`);
    expect(await reasonOf({ ...open(`${types}${failure}`), findMissingLibraries: () => [] })).toBe(
      'CUDA failure 36: API call is not supported in the installed CUDA driver',
    );
    // Once it was open, libraries are not what failed.
    expect(await reasonOf(here)).toBe('cuda is not there');
  });

  test('a session that cannot be closed keeps nothing from the next provider', async () => {
    const here = { ...machine({ cpu: fine }), dispose: () => Promise.reject(new Error('device lost')) };
    const chosen = await chooseProvider('cuda', KNOWN, TOLERANCE, here);
    expect(chosen.provider).toBe('cpu');
    expect(chosen.attempts.map(({ reason }) => reason)).toEqual(['cuda is not there', 'ok, parity 2e-7']);
  });

  test('a software GPU is passed over by auto, and used when it is asked for by name', async () => {
    const slow: WarmUp = { difference: 1e-6, runMs: 4000 };
    const auto = await chooseProvider('auto', KNOWN, TOLERANCE, machine({ webgpu: slow, cpu: fine }));
    expect(auto.provider).toBe('cpu');
    expect(auto.attempts.find((attempt) => attempt.provider === 'webgpu')?.reason).toMatch(/too slow: 4000 ms/);
    const named = await chooseProvider('webgpu', KNOWN, TOLERANCE, machine({ webgpu: slow, cpu: fine }));
    expect(named.provider).toBe('webgpu');
  });

  test('what cannot work is not opened, and says why', async () => {
    const opened: string[] = [];
    const here: Candidate<ProviderName> = {
      ...machine({ cpu: fine }),
      findObstacle: (provider) => (provider === 'webgpu' ? 'no Vulkan loader (libvulkan.so.1)' : undefined),
      open: (provider) => {
        opened.push(provider);
        return Promise.resolve(provider);
      },
    };
    const chosen = await chooseProvider('webgpu', KNOWN, TOLERANCE, here);
    expect(opened).toEqual(['cpu']);
    expect(chosen.attempts).toMatchObject([
      { provider: 'webgpu', chosen: false, reason: 'no Vulkan loader (libvulkan.so.1)', warmUpMs: null },
      { provider: 'cpu', chosen: true },
    ]);
  });

  test('NaN is not parity', async () => {
    const chosen = await chooseProvider('webgpu', KNOWN, TOLERANCE, machine({ webgpu: { difference: Number.NaN, runMs: 1 }, cpu: fine }));
    expect(chosen.provider).toBe('cpu');
  });

  test('without any provider the error names every reason; attempts were reported one by one', async () => {
    const heard: string[] = [];
    const running = chooseProvider('auto', KNOWN, TOLERANCE, machine({}), (attempt) => heard.push(attempt.provider));
    await expect(running).rejects.toMatchObject({
      code: 'provider',
      message: expect.stringMatching(/cuda: cuda is not there; webgpu: .*; cpu: cpu is not there/) as string,
    });
    expect(heard).toEqual(['cuda', 'webgpu', 'cpu']);
  });
});
