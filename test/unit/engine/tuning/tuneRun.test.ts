import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../../src/engine/store/openStore.js';
import { decodeHeadFile, encodeHeadFile } from '../../../../src/engine/tuning/headFile.js';
import type { CallContext } from '../../../../src/protocol/engineRpc.js';
import type { HeadKind, LabelDraft, TuneParams } from '../../../../src/protocol/views.js';
import { createContext } from '../engineBuilders.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { createHeadFile } from './headFileBuilders.js';
import { describeRun, embedShop, getTimeline, openEngine, openShop, shopParams, usedVersion, versionOf } from '../embeddedShop.js';
import { atMinute, shopLabels } from '../labelledShop.js';

const context = createContext();
const ALL: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];
const ALWAYS: TuneParams = { heads: ALL, apply: 'always' };

embedShop();

describe('tune', () => {
  it('uses what is not worse on left-out labels, says why, and keeps a version', async () => {
    const { engine } = await openShop();
    const report = await engine.tune({ heads: ALL, apply: 'if-not-worse' }, context);
    expect(report).toMatchObject({ labels: 17, labelsWithoutRun: [], skipped: [] });
    expect(report.types).toEqual([
      { type: 'normal', labels: 9 },
      { type: 'exception', labels: 4 },
      { type: 'network-delay', labels: 4 },
    ]);
    for (const { tuned, current, isUsed, reason, lossCurve, head } of report.heads) {
      expect(isUsed).toBe(tuned.score >= current.score);
      expect(reason).toContain(isUsed ? 'it is used' : 'it is not used');
      expect([tuned.low <= tuned.score, tuned.score <= tuned.high, lossCurve.length > 1]).toEqual([true, true, true]);
      expect(report.version?.heads.includes(head)).toBe(isUsed);
    }
    expect(report.heads.find(({ head }) => head === 'failure-type')).toMatchObject({ tuned: { score: 1 }, isUsed: true, incidents: 8 });
    const [newest, shipped] = await engine.heads({}, context);
    expect(newest).toEqual(report.version);
    expect(newest).toMatchObject({ isUsed: true, labels: 17, scores: report.heads });
    expect(shipped).toMatchObject({ version: 'default', isUsed: false });
  });

  it('changes what is said of the run, and the default heads bring it back byte for byte', async () => {
    const { engine } = await openShop();
    const before = await describeRun(engine);
    const report = await engine.tune(ALWAYS, context);
    const tuned = await describeRun(engine);
    expect(tuned).not.toBe(before);
    const { incidents, run } = await getTimeline(engine);
    const { failureTypes } = await engine.diagnose({ fromNs: incidents[0]?.startNs ?? '', toNs: incidents[0]?.endNs ?? '' }, context);
    const said = failureTypes.map(({ type }) => type);
    expect(said).toEqual(expect.arrayContaining(['exception', 'network-delay', 'unknown']));
    // Types that nobody labelled stay possible.
    expect(said).toContain('cpu-contention');
    expect(new Set(said).size).toBe(said.length);
    // Each is rounded to four digits; the sum is off by what that makes at most.
    const off = Math.abs(failureTypes.reduce((sum, { p }) => sum + p, 0) - 1);
    expect(off).toBeLessThanOrEqual(failureTypes.length * 0.5e-4 + 1e-9);
    await engine.useHeads({ version: 'default' }, context);
    expect(await describeRun(engine)).toBe(before);
    await engine.useHeads({ version: versionOf(report) }, context);
    expect(await describeRun(engine)).toBe(tuned);
    expect((await engine.runs({}, context)).map((each) => each.run)).toEqual([run]);
  });

  it('changes nothing when it is only asked what that would be worth', async () => {
    const { engine } = await openShop();
    const before = await describeRun(engine);
    const report = await engine.tune({ heads: ALL, apply: 'never' }, context);
    expect(report.version).toBeNull();
    expect(report.heads.map(({ head, isUsed }) => [head, isUsed])).toEqual(ALL.map((head) => [head, false]));
    expect(await usedVersion(engine)).toBe('default');
    expect(await engine.heads({}, context)).toHaveLength(1);
    expect(await describeRun(engine)).toBe(before);
  });

  it('gives equal heads for equal labels and seeds, whichever heads are in use', async () => {
    const { engine } = await openShop();
    const weightsOf = async (seed: number): Promise<string> => {
      const version = versionOf(await engine.tune({ ...ALWAYS, seed }, context));
      const file = path.join(createTemporaryFolder(), 'a.safetensors');
      await engine.exportHeads({ version, file }, context);
      const { heads, notes } = decodeHeadFile(fs.readFileSync(file), file);
      return encodeHeadFile({ heads: { ...heads, version: 'v' }, notes: { ...notes, version: 'v', createdNs: '0' } }).toString('hex');
    };
    const first = await weightsOf(3);
    // The run is judged by the new heads now, and has other states.
    await getTimeline(engine);
    expect(await weightsOf(3)).toBe(first);
    expect(await weightsOf(4)).not.toBe(first);
  });

  it('tunes one head, and with it those in use, so that none is lost', async () => {
    const { engine } = await openShop();
    expect((await engine.tune({ heads: ['root-cause'], apply: 'always' }, context)).version?.heads).toEqual(['root-cause']);
    expect((await engine.tune({ heads: ['failure-type'], apply: 'always' }, context)).version?.heads).toEqual([
      'failure-type',
      'root-cause',
    ]);
    expect(await engine.heads({}, context)).toHaveLength(3);
  });

  it('says which labels no run covers, and learns from the others', async () => {
    const { engine } = await openShop();
    const lost: LabelDraft = { startNs: atMinute(900), endNs: atMinute(903), type: 'exception', entity: 'cart', note: '', author: '' };
    const { label } = await engine.label(lost, context);
    expect(await engine.tune({ heads: ['root-cause'], apply: 'never' }, context)).toMatchObject({ labels: 17, labelsWithoutRun: [label] });
  });

  it('says what each head lacks when there are few labels', async () => {
    const { engine } = await openShop(shopLabels().slice(0, 2));
    const report = await engine.tune(ALWAYS, context);
    expect(report).toMatchObject({ version: null, labels: 2, heads: [] });
    expect(report.skipped.map(({ head, reason }) => [head, reason.includes(' at least ')])).toEqual(ALL.map((head) => [head, true]));
    expect(await usedVersion(engine)).toBe('default');
  });

  it('without labels, or without a run that covers one, says what to do', async () => {
    const { engine } = await openShop([]);
    await expect(engine.tune(ALWAYS, context)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining('there are no labels yet; label some') as string,
    });
    const [label] = shopLabels();
    await engine.label({ ...(label ?? expect.fail('no label')), startNs: atMinute(900), endNs: atMinute(901) }, context);
    await expect(engine.tune(ALWAYS, context)).rejects.toMatchObject({
      code: 'no-run',
      message: expect.stringContaining('no embedded run covers any of the 1 labels; embed the files') as string,
    });
  });

  it('passes over a run that another version stored', async () => {
    const { engine, file } = await openShop();
    const store = openStore({ file });
    const { run } = await getTimeline(engine);
    const [source, timeline] = [store.runs.findSource(run), store.runs.findTimeline(run)];
    if (source === undefined || timeline === undefined) {
      throw new Error('the run is not there');
    }
    const newer = { ...source, createdNs: source.createdNs + 1n, inputKey: 'newer' };
    store.runs.write({
      ...newer,
      timeline: { ...timeline, run: 'newer' },
      findings: [],
      model: Uint8Array.of(1, 2, 3),
      heads: 'default',
      statesRevision: 0,
    });
    store.close();
    expect(await engine.tune({ heads: ['root-cause'], apply: 'never' }, context)).toMatchObject({ labels: 17, labelsWithoutRun: [] });
  });

  it('ends when it is cancelled, with everything as before, and can be asked again', async () => {
    const { engine } = await openShop();
    const before = await describeRun(engine);
    for (const isTime of [() => true, (loss: number | undefined) => loss !== undefined]) {
      const controller = new AbortController();
      const cancelled: CallContext = {
        ...context,
        signal: controller.signal,
        onProgress: ({ loss }) => {
          if (isTime(loss)) {
            controller.abort();
          }
        },
      };
      await expect(engine.tune(ALWAYS, cancelled)).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect(await describeRun(engine)).toBe(before);
    expect(await engine.heads({}, context)).toHaveLength(1);
    expect((await engine.tune(ALWAYS, context)).version).not.toBeNull();
  });
});

describe('the same files, embedded again', () => {
  it('give the run with findings of the heads in use', async () => {
    const { engine } = await openShop();
    const before = await getTimeline(engine);
    await engine.tune(ALWAYS, context);
    const result = await engine.embed(shopParams(), context);
    expect([result.reused, result.run]).toEqual([true, before.run]);
    const now = await getTimeline(engine);
    expect(now.incidents).not.toEqual(before.incidents);
    expect(result).toMatchObject({ incidents: now.incidents, states: now.states, headline: now.headline });
  });

  it('as another run are judged by the heads in use at once, as a run that is judged again', async () => {
    const { engine } = await openShop();
    await engine.tune(ALWAYS, context);
    const again = await getTimeline(engine);
    const [{ startNs, endNs } = expect.fail('no slice')] = again.slices;
    const window = Number(BigInt(endNs) - BigInt(startNs)) / 1e6;
    const fresh = await engine.embed({ ...shopParams(), window }, context);
    expect(fresh.reused).toBe(false);
    const { run, ...timeline } = await getTimeline(engine);
    expect(run).toBe(fresh.run);
    expect({ ...timeline, run: again.run }).toEqual(again);
  }, 60_000);
});

describe('heads as files', () => {
  it('go into another store, where they say the same', async () => {
    const { engine } = await openShop();
    const { engine: other } = await openShop([]);
    const report = await engine.tune(ALWAYS, context);
    const version = versionOf(report);
    const file = path.join(createTemporaryFolder(), 'new', 'heads.safetensors');
    expect(await engine.exportHeads({ version, file }, context)).toEqual({ file });
    const before = await describeRun(other);
    expect(await other.importHeads({ file }, context)).toEqual({ ...report.version, isUsed: false });
    expect(await describeRun(other)).toBe(before);
    expect(await other.useHeads({ version }, context)).toEqual(report.version);
    expect(await describeRun(other)).toBe(await describeRun(engine));
    expect(await other.importHeads({ file }, context)).toMatchObject({ version, isUsed: true });
    expect(await other.heads({}, context)).toHaveLength(2);
  });

  it('that are damaged or not there are refused, and the store is as before', async () => {
    const engine = openEngine(path.join(createTemporaryFolder(), 'store.db'));
    const there = createTemporaryFolder();
    const [damaged, missing] = [path.join(there, 'damaged'), path.join(there, 'missing')];
    fs.writeFileSync(damaged, encodeHeadFile(createHeadFile()).subarray(0, 4000));
    await expect(engine.importHeads({ file: damaged }, context)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining(`${damaged} holds no heads that can be used: `) as string,
    });
    await expect(engine.importHeads({ file: missing }, context)).rejects.toMatchObject({ code: 'no-input' });
    expect(await engine.heads({}, context)).toHaveLength(1);
  });

  it('of another encoder can be kept, and are not used', async () => {
    const { engine } = await openShop();
    const file = path.join(createTemporaryFolder(), 'other');
    fs.writeFileSync(file, encodeHeadFile(createHeadFile('other-encoder', 'cd'.repeat(32))));
    expect(await engine.importHeads({ file }, context)).toMatchObject({ version: 'other-encoder', isUsed: false });
    await expect(engine.useHeads({ version: 'other-encoder' }, context)).rejects.toThrow(
      'tuned on embeddings of another encoder; tune again',
    );
    expect(await usedVersion(engine)).toBe('default');
  });

  it('cannot be written where there is no place, and the default ones not at all', async () => {
    const { engine } = await openShop();
    const version = versionOf(await engine.tune({ heads: ['root-cause'], apply: 'always' }, context));
    const place = createTemporaryFolder();
    await expect(engine.exportHeads({ version, file: place }, context)).rejects.toThrow(`the heads cannot be written to ${place}; choose`);
    const file = path.join(place, 'heads');
    await expect(engine.exportHeads({ version: 'default', file }, context)).rejects.toThrow(
      'part of RuntimeSlicer; export a tuned version',
    );
    await expect(engine.exportHeads({ version: 'none', file }, context)).rejects.toThrow(
      'there are no heads none; list the versions first',
    );
    expect(fs.readdirSync(place)).toEqual([]);
  });
});
