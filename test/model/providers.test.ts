import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseProvider, listCandidates, type Candidate, type WarmUp } from '../../src/engine/inference/providers.js';
import { findObstacle, type LibraryPlaces } from '../../src/engine/inference/vulkanLoader.js';
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

describe('Vulkan loader', () => {
  const places = (platform: NodeJS.Platform): { folder: string; places: LibraryPlaces } => {
    const folder = createTemporaryFolder();
    return { folder, places: { platform, cacheFile: path.join(folder, 'ld.so.cache'), folders: [path.join(folder, 'lib')] } };
  };
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
