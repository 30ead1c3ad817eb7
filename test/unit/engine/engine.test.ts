import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/engine/engine.js';
import { silentLogger } from '../../../src/engine/logger.js';
import { openSqlite } from '../../../src/engine/store/sqlite.js';
import { EngineError } from '../../../src/protocol/engineError.js';
import type { EmbedParams } from '../../../src/protocol/views.js';
import { createContext, createTestEngine } from './engineBuilders.js';
import { createTimeline, START_NS } from './store/storeBuilders.js';
import { createTemporaryFolder } from './temporaryFolder.js';

const context = createContext();
const toParams = (...paths: string[]): EmbedParams => ({ paths, window: 'auto', provider: 'cpu' });

describe('embed', () => {
  it('stores its results before it returns them', async () => {
    const { engine, input, reopen } = createTestEngine(createTemporaryFolder());
    const result = await engine.embed(toParams(input), context);
    expect(result.reused).toBe(false);
    expect(result.ms).toHaveProperty('store');
    expect(result.peakRssBytes).toBeGreaterThan(1_000_000);
    const other = reopen();
    expect(await other.timeline({}, context)).toEqual({ ...createTimeline('run-1', 3), run: result.run });
    await other.dispose();
    await engine.dispose();
  });

  it('reuses the run of unchanged files, in a later process without loading an encoder', async () => {
    const { engine, input, pipeline, modules, reopen } = createTestEngine(createTemporaryFolder());
    const first = await engine.embed(toParams(input), context);
    await engine.dispose();
    const other = reopen();
    const again = await other.embed(toParams(input), context);
    expect(again.run).toBe(first.run);
    expect(again.reused).toBe(true);
    expect(pipeline.begun).toHaveLength(1);
    expect(modules.encoderLoads).toBe(1);
    await other.dispose();
  });

  it.each<[string, (input: string, folder: string) => EmbedParams]>([
    [
      'a file has grown',
      (input) => {
        fs.appendFileSync(input, '{}\n');
        return toParams(input);
      },
    ],
    [
      'a file has changed in place',
      (input) => {
        fs.writeFileSync(input, '[]\n');
        return toParams(input);
      },
    ],
    [
      'the encoder has changed',
      (input, folder) => {
        fs.writeFileSync(path.join(folder, 'models', 'encoder', 'manifest.json'), '{"slice":{"name":"other"}}');
        return toParams(input);
      },
    ],
    ['the window differs', (input) => ({ ...toParams(input), window: 60_000 })],
    ['the reference differs', (input) => ({ ...toParams(input), reference: [{ startNs: '1', endNs: '2' }] })],
  ])('makes a new run when %s', async (_name, change) => {
    const folder = createTemporaryFolder();
    const { engine, input, pipeline } = createTestEngine(folder);
    const first = await engine.embed(toParams(input), context);
    const second = await engine.embed(change(input, folder), context);
    expect(second.run).not.toBe(first.run);
    expect(pipeline.begun).toHaveLength(2);
    expect((await engine.runs({}, context)).map(({ run }) => run).sort()).toEqual([first.run, second.run].sort());
    await engine.dispose();
  });

  it('runs one at a time, in the order asked, also after one has failed', async () => {
    const folder = createTemporaryFolder();
    const { engine, pipeline } = createTestEngine(folder);
    const inputs = ['a', 'b', 'c'].map((name) => path.join(folder, name));
    inputs.forEach((input) => {
      fs.writeFileSync(input, input);
    });
    let running = 0;
    pipeline.gate = async () => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      if (pipeline.begun.length === 1) {
        throw new Error('out of luck');
      }
    };
    const results = await Promise.allSettled(inputs.map((input) => engine.embed(toParams(input), context)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(pipeline.begun).toEqual(inputs);
    await engine.dispose();
  });

  it('can be cancelled while it waits for another, without running', async () => {
    const folder = createTemporaryFolder();
    const { engine, pipeline, input } = createTestEngine(folder);
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
    pipeline.gate = () => held;
    const first = engine.embed(toParams(input), context);
    const cancellation = new AbortController();
    const second = engine.embed({ ...toParams(input), window: 60_000 }, createContext(cancellation.signal));
    cancellation.abort();
    await expect(second).rejects.toMatchObject({ name: 'EngineError', code: 'cancelled' });
    release(undefined);
    await first;
    expect(pipeline.begun).toHaveLength(1);
    await engine.dispose();
  });

  it('stores nothing when cancelled, and the next one runs', async () => {
    const { engine, pipeline, input } = createTestEngine(createTemporaryFolder());
    const cancellation = new AbortController();
    pipeline.gate = () => {
      cancellation.abort();
      return Promise.resolve();
    };
    await expect(engine.embed(toParams(input), createContext(cancellation.signal))).rejects.toMatchObject({ code: 'cancelled' });
    expect(await engine.runs({}, context)).toEqual([]);
    pipeline.gate = () => Promise.resolve();
    expect((await engine.embed(toParams(input), context)).reused).toBe(false);
    await engine.dispose();
  });

  it('words an unforeseen failure without what a parser quotes', async () => {
    const { engine, pipeline, input } = createTestEngine(createTemporaryFolder());
    pipeline.gate = () => Promise.reject(new SyntaxError('Unexpected token s, "secret" is not valid JSON'));
    await expect(engine.embed(toParams(input), context)).rejects.toMatchObject({
      code: 'internal',
      message: 'unexpected failure: SyntaxError',
    });
    await engine.dispose();
  });

  it('keeps a run of which an incident cannot be diagnosed', async () => {
    const { engine, pipeline, input } = createTestEngine(createTemporaryFolder());
    pipeline.diagnoseRange = () => {
      throw new EngineError('bad-argument', 'the range lies outside the run');
    };
    const { run } = await engine.embed(toParams(input), context);
    const timeline = await engine.timeline({ run }, context);
    expect(timeline?.incidents).toHaveLength(1);
    const [incident] = timeline?.incidents ?? [];
    const range = { fromNs: incident?.startNs ?? '', toNs: incident?.endNs ?? '' };
    await expect(engine.diagnose(range, context)).rejects.toMatchObject({ code: 'bad-argument' });
    await engine.dispose();
  });

  it.each<[string, Partial<EmbedParams>, string]>([
    ['no paths', { paths: [] }, 'no-input'],
    ['a path that does not exist', { paths: ['/does/not/exist'] }, 'no-input'],
    ['a window of no length', { window: 0 }, 'bad-argument'],
    ['a window that is no number', { window: Number.NaN }, 'bad-argument'],
    ['a step of days', { stepMs: 1e9 }, 'bad-argument'],
    ['an impossible offset', { utcOffsetMinutes: 900 }, 'bad-argument'],
    ['a range that ends before it starts', { fromNs: '20', toNs: '10' }, 'bad-argument'],
    ['a time that is none', { fromNs: 'yesterday' }, 'bad-argument'],
    ['an empty reference', { reference: [{ startNs: '5', endNs: '5' }] }, 'bad-argument'],
  ])('refuses %s', async (_name, change, code) => {
    const { engine, input } = createTestEngine(createTemporaryFolder());
    await expect(engine.embed({ ...toParams(input), ...change }, context)).rejects.toMatchObject({ name: 'EngineError', code });
    await engine.dispose();
  });
});

describe('an engine with a stored run', () => {
  async function createStored() {
    const test = createTestEngine(createTemporaryFolder());
    await test.engine.embed(toParams(test.input), context);
    await test.engine.dispose();
    return { ...test, engine: test.reopen() };
  }

  it('answers from the store without an encoder', async () => {
    const { engine, modules } = await createStored();
    expect(await engine.slices({}, context)).toEqual(createTimeline('', 3).slices);
    expect(await engine.states({}, context)).toHaveLength(2);
    expect(await engine.transitions({}, context)).toHaveLength(1);
    const diagnosis = await engine.diagnose({ fromNs: START_NS.toString(), toNs: (START_NS + 30_000_000_000n).toString() }, context);
    expect(diagnosis.rootCauses[0]?.entity).toBe('payment');
    expect(modules.encoderLoads).toBe(1);
    await engine.dispose();
  });

  it('gives embeddings where they are asked for', async () => {
    const { engine } = await createStored();
    const slices = await engine.slices({ embeddings: true }, context);
    expect(slices.map(({ embedding }) => embedding?.[1])).toEqual([0, 1, 2].map((i) => Math.fround(i + 0.001)));
    await engine.dispose();
  });

  it('diagnoses one slice length from a time', async () => {
    const { engine } = await createStored();
    const { fromNs, toNs } = await engine.diagnose({ atNs: (START_NS + 5n).toString() }, context);
    expect([fromNs, toNs]).toEqual([(START_NS + 5n).toString(), (START_NS + 60_000_000_005n).toString()]);
    await engine.dispose();
  });

  it('keeps the findings of a run that cannot be judged anew, tries once, and says why', async () => {
    const folder = createTemporaryFolder();
    const { engine, input, pipeline, modules, installation } = createTestEngine(folder);
    const { run } = await engine.embed(toParams(input), context);
    await engine.dispose();
    const file = path.join(folder, 'store.db');
    const database = openSqlite(file, { maxBytes: 2 ** 30 });
    // As a migration leaves it: findings of heads that nobody knows.
    database.exec("UPDATE runs SET heads = ''");
    database.close();
    let attempts = 0;
    pipeline.reconcludeRun = () => {
      attempts += 1;
      return Promise.reject(new Error('a model of another version'));
    };
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (line: string) => warnings.push(line) };
    const later = createEngine({ store: { file }, installation, modules, log });
    expect((await later.timeline({}, context))?.run).toBe(run);
    expect(await later.states({}, context)).toEqual(createTimeline('run-1', 3).states);
    expect([attempts, warnings.length]).toEqual([1, 1]);
    expect(warnings[0]).toContain(`run ${run} keeps its earlier findings`);
    await later.dispose();
  });

  it('lists only slices that ended before the asked one as similar', async () => {
    const { engine } = await createStored();
    const slices = await engine.slices({}, context);
    const similar = await engine.similar({ slice: slices[2]?.id ?? '', limit: 5 }, context);
    expect(similar.map(({ slice }) => slice.id).sort()).toEqual([slices[0]?.id, slices[1]?.id].sort());
    expect(await engine.similar({ slice: slices[2]?.id ?? '', limit: 1 }, context)).toHaveLength(1);
    await expect(engine.similar({ slice: 'nonsense' }, context)).rejects.toMatchObject({ code: 'bad-argument' });
    await engine.dispose();
  });

  it('refuses a run that is not there, and a range that is none', async () => {
    const { engine } = await createStored();
    await expect(engine.timeline({ run: 'nonsense' }, context)).rejects.toMatchObject({ code: 'no-run' });
    await expect(engine.diagnose({ fromNs: '5', toNs: '5' }, context)).rejects.toMatchObject({ code: 'bad-argument' });
    await engine.dispose();
  });
});

describe('an engine', () => {
  it('without runs has no time line, and says what to do for the rest', async () => {
    const { engine } = createTestEngine(createTemporaryFolder());
    expect(await engine.timeline({}, context)).toBeNull();
    expect(await engine.runs({}, context)).toEqual([]);
    await expect(engine.states({}, context)).rejects.toMatchObject({
      code: 'no-run',
      message: expect.stringContaining('embed some') as string,
    });
    await engine.dispose();
  });

  it('cancels what is in hand when disposed of, and refuses what comes later', async () => {
    const { engine, pipeline, input } = createTestEngine(createTemporaryFolder());
    pipeline.gate = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('stopped'));
        });
      });
    const embedding = engine.embed(toParams(input), context);
    const outcome = expect(embedding).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => pipeline.begun.length).toBe(1);
    await engine.dispose();
    await outcome;
    await expect(engine.runs({}, context)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('looks at the provider first that doctor is asked for, at any that works otherwise', async () => {
    const test = createTestEngine(createTemporaryFolder());
    const choices: string[] = [];
    test.modules.createSliceEncoder = ({ choice }) => {
      choices.push(choice);
      return Promise.reject(new Error('no such model'));
    };
    await test.engine.doctor({ provider: 'webgpu' }, context);
    await test.engine.doctor({}, context);
    expect(choices).toEqual(['webgpu', 'auto']);
    await test.engine.dispose();
  });

  it('reports missing model files and a failing encoder in doctor, and fails nothing', async () => {
    const test = createTestEngine(createTemporaryFolder());
    fs.writeFileSync(
      path.join(test.installation.encoderFolder, 'manifest.json'),
      '{"slice":{"name":"test","file":"slice.onnx","sha256":"00"}}',
    );
    test.modules.createSliceEncoder = () => Promise.reject(new Error('no such model'));
    const report = await test.engine.doctor({}, context);
    expect(report.encoder).toEqual({ name: 'test', sha256Ok: false, parity: null });
    expect(report.problems).toEqual([
      'model file slice.onnx is missing; install RuntimeSlicer again',
      'the slice encoder cannot be used: unexpected failure: no such model',
    ]);
    expect(report.store.integrity).toBe('ok');
    await test.engine.dispose();
  });
});
