import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeHeadFile } from '../../../../src/engine/tuning/headFile.js';
import type { HeadKind, TuneParams } from '../../../../src/protocol/views.js';
import { createContext } from '../engineBuilders.js';
import { createTemporaryFolder } from '../temporaryFolder.js';
import { describeRun, embedShop, getTimeline, openEngine, openShop, usedVersion, versionOf } from '../embeddedShop.js';
import { atMinute } from '../labelledShop.js';

const context = createContext();
const ALL: readonly HeadKind[] = ['detection', 'failure-type', 'root-cause'];
const ADAPT: TuneParams = { heads: ALL, apply: 'always', adapt: true };

embedShop();

describe('adapting to this system', () => {
  it('needs no labels, says what left-out time says, and is taken back byte for byte', async () => {
    const { engine } = await openShop([]);
    const before = [await describeRun(engine), await engine.slices({ embeddings: true }, context)];
    const report = await engine.tune(ADAPT, context);
    expect(report).toMatchObject({ labels: 0, skipped: [], version: { heads: ['encoder'], labels: 0, isUsed: true } });
    const [view = expect.fail('nothing was said of it')] = report.heads;
    expect([report.heads.length, view.head, view.measure, view.isUsed]).toEqual([1, 'encoder', 'match probability', true]);
    expect(view.incidents).toBe((await getTimeline(engine)).slices.length);
    expect(view.tuned.score).toBeGreaterThan(view.baseline.score);
    const slices = await engine.slices({ embeddings: true }, context);
    expect(slices).not.toEqual(before[1]);
    for (const { embedding = [] } of slices) {
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    }
    // The default heads read the embeddings as the encoder gives them.
    const anomalies = (await getTimeline(engine)).slices.map(({ anomaly }) => anomaly);
    await engine.useHeads({ version: 'default' }, context);
    expect((await getTimeline(engine)).slices.map(({ anomaly }) => anomaly)).toEqual(anomalies);
    expect([await describeRun(engine), await engine.slices({ embeddings: true }, context)]).toEqual(before);
  });

  it('is off unless asked for, and only told of where nothing is to change', async () => {
    const { engine } = await openShop();
    const report = await engine.tune({ heads: ALL, apply: 'always' }, context);
    expect([report.heads.map(({ head }) => head), report.version?.heads]).toEqual([ALL, ALL]);
    await engine.useHeads({ version: 'default' }, context);
    const before = await describeRun(engine);
    const told = await engine.tune({ ...ADAPT, apply: 'never' }, context);
    expect([told.version, told.heads.map(({ isUsed }) => isUsed)]).toEqual([null, [false, false, false, false]]);
    expect(await describeRun(engine)).toBe(before);
  });

  it('is used where it is not worse', async () => {
    const { engine } = await openShop();
    const { heads, version } = await engine.tune({ ...ADAPT, apply: 'if-not-worse' }, context);
    const [view = expect.fail('nothing was said of it')] = heads;
    expect(view.isUsed).toBe(view.tuned.score >= view.current.score);
    expect(version?.heads.includes('encoder')).toBe(view.isUsed);
    expect(view.reason).toContain(view.isUsed ? 'it is used' : 'it is not used');
    // Where time has nothing against it, the labels are asked.
    const isAsked = view.tuned.score >= view.current.score;
    expect(view.reason.includes('told apart at least as well: 1.00 against 1.00 of left-out incidents')).toBe(isAsked);
  });

  it('stays in use when heads are tuned again, in the same bytes', async () => {
    const { engine } = await openShop();
    const first = await engine.tune({ ...ADAPT, heads: ['root-cause'] }, context);
    const second = await engine.tune({ heads: ['failure-type'], apply: 'always' }, context);
    expect(second.version?.heads).toEqual(['encoder', 'failure-type', 'root-cause']);
    expect(second.heads.map(({ head }) => head)).toEqual(['failure-type', 'root-cause']);
    expect(second.version?.scores[0]).toEqual(first.heads[0]);
    const adapterOf = async (version: string): Promise<unknown> => {
      const file = path.join(createTemporaryFolder(), 'a.safetensors');
      await engine.exportHeads({ version, file }, context);
      return decodeHeadFile(fs.readFileSync(file), file).heads.adapter;
    };
    expect(await adapterOf(versionOf(second))).toEqual(await adapterOf(versionOf(first)));
  });

  it('goes into another store as a file, where it says the same', async () => {
    const [{ engine }, { engine: other }] = [await openShop([]), await openShop([])];
    const version = versionOf(await engine.tune(ADAPT, context));
    const file = path.join(createTemporaryFolder(), 'heads.safetensors');
    await engine.exportHeads({ version, file }, context);
    await other.importHeads({ file }, context);
    await other.useHeads({ version }, context);
    expect(await describeRun(other)).toBe(await describeRun(engine));
    expect(await other.slices({ embeddings: true }, context)).toEqual(await engine.slices({ embeddings: true }, context));
  });

  it('gives the same again for the same slices', async () => {
    const { engine } = await openShop([]);
    const first = await engine.tune(ADAPT, context);
    await getTimeline(engine);
    const again = await engine.tune(ADAPT, context);
    expect(again.heads).toEqual(first.heads);
    expect(again.version?.dataHash).toBe(first.version?.dataHash);
    expect((await engine.tune({ ...ADAPT, seed: 8 }, context)).version?.dataHash).not.toBe(first.version?.dataHash);
  });

  it('goes on where no run covers a label, and names the label', async () => {
    const { engine } = await openShop([]);
    const { label } = await engine.label(
      { startNs: atMinute(900), endNs: atMinute(903), type: 'exception', entity: 'cart', note: '', author: '' },
      context,
    );
    expect(await engine.tune(ADAPT, context)).toMatchObject({ labels: 0, labelsWithoutRun: [label], version: { heads: ['encoder'] } });
  });

  it('says what it lacks where nothing is embedded, and would not lose heads whose labels are gone', async () => {
    const empty = openEngine(path.join(createTemporaryFolder(), 'store.db'));
    expect(await empty.tune(ADAPT, context)).toMatchObject({
      version: null,
      heads: [],
      skipped: [{ head: 'encoder', reason: 'Adapting needs at least 40 slices; 0 are embedded.' }],
    });
    const { engine } = await openShop();
    await engine.tune({ heads: ['root-cause'], apply: 'always' }, context);
    for (const { startNs, endNs, entity } of await engine.labels({}, context)) {
      await engine.removeLabel({ startNs, endNs, entity }, context);
    }
    await expect(engine.tune(ADAPT, context)).rejects.toThrow(
      'labels that are gone or that no embedded run covers, and would be lost; import the labels',
    );
  });

  it('ends when it is cancelled, with everything as before', async () => {
    const { engine } = await openShop([]);
    const before = await describeRun(engine);
    for (const isTime of [() => true, (loss: number | undefined) => loss !== undefined]) {
      const controller = new AbortController();
      const onProgress = ({ loss }: { readonly loss?: number }): void => {
        if (isTime(loss)) {
          controller.abort();
        }
      };
      await expect(engine.tune(ADAPT, { ...context, signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect([await describeRun(engine), await usedVersion(engine)]).toEqual([before, 'default']);
  });
});
