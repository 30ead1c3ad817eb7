import { describe, expect, it } from 'vitest';
import { TuningSession } from '../../../../src/extension/tuning/tuningSession.js';
import { toTuneSentence, toVersionText } from '../../../../src/extension/tuning/tuningText.js';
import { EngineError } from '../../../../src/protocol/engineError.js';
import type { TuningState } from '../../../../src/protocol/panelRpc.js';
import type { TunedHeadView, TunedPart } from '../../../../src/protocol/views.js';
import { createEngine, untilAborted, type Answers } from '../engineFake.js';
import { buildHeadVersion, buildTuneReport } from '../views.js';

const PLAIN = { evenIfWorse: false, adapt: false };

function getFirst<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined) {
    throw new Error('the list is empty');
  }
  return first;
}

const VERSIONS = [buildHeadVersion('v1', { isUsed: true }), buildHeadVersion('default', { heads: [], createdNs: null })];

function create(answers: Answers, isTrusted = true) {
  const engine = createEngine({ heads: () => Promise.resolve(VERSIONS), ...answers });
  let nowMs = 0;
  let trusted = isTrusted;
  const session = new TuningSession(engine, {
    isTrusted: () => trusted,
    onError: (error) => {
      throw error;
    },
    nowMs: () => (nowMs += 40),
  });
  const told: TuningState[] = [];
  session.onDidChange((state) => told.push(state));
  let headChanges = 0;
  session.onDidChangeHeads(() => (headChanges += 1));
  const trust = (): void => {
    trusted = true;
  };
  return { session, engine, told, trust, headChanges: () => headChanges };
}

describe('TuningSession.tune', () => {
  it('trains all heads, tells of it, and ends with report and versions', async () => {
    const { session, engine, told, headChanges } = create({ tune: () => Promise.resolve(buildTuneReport(['root-cause'])) });
    expect(await session.tune(PLAIN)).toEqual(buildTuneReport(['root-cause']));
    expect(engine.params[0]).toEqual({ heads: ['detection', 'failure-type', 'root-cause'], apply: 'if-not-worse', adapt: false });
    expect(told.map((state) => state.isRunning)).toEqual([true, false]);
    expect(session.state).toMatchObject({ report: { labels: 12 }, versions: VERSIONS, error: null, progress: null });
    expect(headChanges()).toBe(1);
  });

  it('asks for heads to be used even if worse, and changes nothing where none is used', async () => {
    const { session, engine, headChanges } = create({ tune: () => Promise.resolve(buildTuneReport([])) });
    await session.tune({ ...PLAIN, evenIfWorse: true });
    expect(engine.params[0]).toMatchObject({ apply: 'always', adapt: false });
    expect(headChanges()).toBe(0);
  });

  it('collects the loss of each head, and thins out the news of it', async () => {
    const { session, told } = create({
      tune: (_params, { onProgress }) => {
        for (const head of ['failure-type', 'root-cause']) {
          onProgress?.({ phase: 'tune', fraction: 0.5, detail: head, records: 0 });
          for (let step = 1; step <= 50; step++) {
            onProgress?.({ phase: 'tune', fraction: step / 50, detail: head, records: 0, loss: 1 / step });
          }
        }
        return Promise.resolve(buildTuneReport([]));
      },
    });
    await session.tune(PLAIN);
    expect(session.state.curves.map(({ head, losses }) => [head, losses.length, losses[0]])).toEqual([
      ['failure-type', 50, 1],
      ['root-cause', 50, 1],
    ]);
    expect(told.length).toBeLessThan(50);
    expect(told.some((state) => state.progress?.detail === 'root-cause')).toBe(true);
  });

  it('keeps a long curve short, with its first and last step', async () => {
    const { session } = create({
      tune: (_params, { onProgress }) => {
        for (let step = 0; step < 5000; step++) {
          onProgress?.({ phase: 'tune', fraction: 0, detail: 'root-cause', records: 0, loss: 5000 - step });
        }
        return Promise.resolve(buildTuneReport([]));
      },
    });
    await session.tune(PLAIN);
    const losses = session.state.curves[0]?.losses ?? [];
    expect(losses.length).toBeLessThanOrEqual(1001);
    expect([losses[0], losses.at(-1)]).toEqual([5000, 1]);
  });

  it('is as before when cancelled', async () => {
    const { session, headChanges } = create({ tune: (_params, context) => untilAborted(context) });
    expect(session.cancel()).toBe(false);
    const work = session.tune(PLAIN);
    expect(session.cancel()).toBe(true);
    expect(await work).toBeUndefined();
    expect(session.state).toMatchObject({ isRunning: false, error: null, report: null, curves: [] });
    expect(headChanges()).toBe(0);
  });

  it('trains one at a time, says why it failed, and can be tried again', async () => {
    let broken = true;
    const { session } = create({
      tune: () =>
        broken ? Promise.reject(new EngineError('bad-argument', 'there are no labels yet')) : Promise.resolve(buildTuneReport([])),
    });
    const first = session.tune(PLAIN);
    await expect(session.tune(PLAIN)).rejects.toThrow('already');
    await expect(first).rejects.toThrow('no labels yet');
    expect(session.state).toMatchObject({ isRunning: false, error: 'there are no labels yet' });
    broken = false;
    await session.tune(PLAIN);
    expect(session.state.error).toBeNull();
  });

  it('trains, switches and exchanges nothing in a workspace that is not trusted', async () => {
    const { session, engine, trust } = create({}, false);
    await expect(session.tune(PLAIN)).rejects.toThrow('trusted');
    await expect(session.use('v1')).rejects.toThrow('trusted');
    await expect(session.exportTo('v1', '/a')).rejects.toThrow('trusted');
    await expect(session.importFrom('/a')).rejects.toThrow('trusted');
    expect(engine.asked).toEqual([]);
    expect(session.state.isTrusted).toBe(false);
    trust();
    session.updateTrust();
    expect(session.state.isTrusted).toBe(true);
  });
});

describe('TuningSession and versions', () => {
  it('lists them, and says why it cannot', async () => {
    let broken = false;
    const { session } = create({
      heads: () => (broken ? Promise.reject(new EngineError('store', 'locked')) : Promise.resolve(VERSIONS)),
    });
    await session.refresh();
    expect(session.state.versions).toEqual(VERSIONS);
    broken = true;
    await expect(session.refresh()).rejects.toThrow('locked');
    expect(session.state).toMatchObject({ error: 'locked', versions: VERSIONS });
  });

  it('switches, exports and imports', async () => {
    const { session, engine, headChanges } = create({
      useHeads: () => Promise.resolve(buildHeadVersion('default')),
      exportHeads: ({ file }) => Promise.resolve({ file }),
      importHeads: () => Promise.resolve(buildHeadVersion('v2')),
    });
    await session.refresh();
    await session.exportTo('v1', '/heads.safetensors');
    await session.importFrom('/heads.safetensors');
    expect(headChanges()).toBe(0);
    await session.use('default');
    expect(headChanges()).toBe(1);
    expect(engine.asked).toEqual(['heads', 'exportHeads', 'heads', 'importHeads', 'heads', 'useHeads', 'heads']);
  });
});

describe('tuning in words', () => {
  const head = (isUsed: boolean, kind: TunedPart = 'root-cause'): TunedHeadView => {
    const view = getFirst(buildTuneReport([kind]).heads);
    return { ...view, isUsed };
  };

  it('says what it came to in one sentence', () => {
    const report = buildTuneReport([]);
    expect(toTuneSentence({ ...report, heads: [head(true), head(true, 'failure-type'), head(false, 'detection')] })).toBe(
      'Fine-tuned on 12 labels: likely cause, kind of failure. Findings are made with it now.',
    );
    expect(toTuneSentence({ ...report, heads: [head(false)] })).toContain('the current heads stay');
    expect(toTuneSentence({ ...report, heads: [] })).toContain('not enough');
    const unlabelled = { ...report, labels: 0, skipped: [] };
    expect(toTuneSentence({ ...unlabelled, heads: [head(true, 'encoder')] })).toContain('adapted to this system');
    expect(toTuneSentence({ ...unlabelled, heads: [head(false, 'encoder')] })).toContain('the encoder stays as it is');
    expect(toTuneSentence({ ...unlabelled, heads: [], skipped: [{ head: 'encoder', reason: 'Too few.' }] })).toBe('Too few.');
  });

  it('names a version by its day, not by an id', () => {
    expect(toVersionText(buildHeadVersion('v1'), 'UTC')).toBe('fine-tuned 2024-03-01 08:15:00 UTC on 12 labels (likely cause)');
    expect(toVersionText(buildHeadVersion('v1', { labels: 0, heads: ['encoder'] }), 'UTC')).toBe(
      'adapted to this system 2024-03-01 08:15:00 UTC',
    );
    expect(toVersionText(buildHeadVersion('default', { heads: [], createdNs: null }), 'UTC')).toContain('ship');
  });
});
