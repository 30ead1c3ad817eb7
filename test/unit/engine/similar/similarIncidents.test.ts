import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../../../src/engine/engine.js';
import { openStore } from '../../../../src/engine/store/openStore.js';
import type { RunRecord } from '../../../../src/engine/store/runRecord.js';
import type { LabelDraft } from '../../../../src/protocol/views.js';
import { createProfile, type TestSymptom } from '../../core/similar/profileBuilders.js';
import { createContext, createTestEngine } from '../engineBuilders.js';
import { createRunRecord, START_NS } from '../store/storeBuilders.js';
import { createTemporaryFolder } from '../temporaryFolder.js';

const MINUTE_NS = 60_000_000_000n;
const context = createContext();
const at = (minute: number): string => (START_NS + BigInt(minute) * MINUTE_NS).toString();

/** Five slices of a minute from `fromMinute` on. */
function createRecord(run: string, fromMinute: number, model: string | undefined = '{}'): RunRecord {
  const record = createRunRecord({ run, inputKey: run, createdNs: BigInt(fromMinute), slices: 5 });
  const move = (ns: string): string => (BigInt(ns) + BigInt(fromMinute) * MINUTE_NS).toString();
  const slices = record.timeline.slices.map((slice) => ({ ...slice, startNs: move(slice.startNs), endNs: move(slice.endNs) }));
  return { ...record, timeline: { ...record.timeline, slices }, model: Buffer.from(model) };
}

function createLabel(minute: number, type: string, entity: string | null = 'cart', minutes = 1): LabelDraft {
  return { startNs: at(minute), endNs: at(minute + minutes), type, entity, note: '', author: '' };
}

/** What each minute shows; others show nothing. */
const SHOWN: Readonly<Record<number, readonly TestSymptom[]>> = {
  0: [
    ['cart', 'log-severity', 9],
    ['cart', 'trace-duration', 5],
  ],
  2: [['payment', 'metric-cpu', 9]],
  100: [['cart', 'log-severity', 9]],
  104: [['cart', 'log-severity', -9]],
};

interface Table {
  readonly engine: Engine;
  /** Minutes that were profiled since the last look. */
  readonly profiled: () => number[];
  readonly decoded: () => number;
  readonly reopen: () => Engine;
  readonly write: (...records: RunRecord[]) => void;
  readonly replace: (record: RunRecord) => void;
}

/** Runs of the minutes 0 to 5 and 100 to 105; the later one is the newest. */
function createTable(): Table {
  const folder = createTemporaryFolder();
  const { engine, pipeline, reopen } = createTestEngine(folder);
  const store = openStore({ file: path.join(folder, 'store.db') });
  store.runs.write(createRecord('early', 0));
  store.runs.write(createRecord('late', 100));
  let minutes: number[] = [];
  let decoded = 0;
  pipeline.profileRange = (_model, { slices }, fromNs) => {
    expect(slices).toHaveLength(20);
    const minute = Number((fromNs - START_NS) / MINUTE_NS);
    minutes.push(minute);
    return createProfile(SHOWN[minute] ?? []);
  };
  const decode = pipeline.decodeRunModel.bind(pipeline);
  pipeline.decodeRunModel = (bytes) => {
    decoded += 1;
    return decode(bytes);
  };
  onTestFinished(async () => {
    store.close();
    await engine.dispose();
  });
  return {
    engine,
    reopen,
    decoded: () => decoded,
    profiled: () => {
      const since = minutes;
      minutes = [];
      return since.sort((a, b) => a - b);
    },
    write: (...records) => {
      records.forEach((record) => {
        store.runs.write(record);
      });
    },
    replace: (record) => {
      store.runs.replace(record);
    },
  };
}

async function addLabels(engine: Engine, ...labels: readonly LabelDraft[]): Promise<void> {
  for (const label of labels) {
    await engine.label(label, context);
  }
}

const ASKED = { run: 'early', fromNs: at(0), toNs: at(1) };

describe('similarIncidents', () => {
  it('finds labelled ranges of all runs, most similar first, with what is the same and what differs', async () => {
    const { engine } = createTable();
    await addLabels(engine, createLabel(2, 'cpu', 'payment'), createLabel(100, 'exception'), createLabel(104, 'normal', null));
    const found = await engine.similarIncidents(ASKED, context);
    expect(found.map(({ label, run }) => [label.type, run])).toEqual([
      ['exception', 'late'],
      ['cpu', 'early'],
      ['normal', 'late'],
    ]);
    expect(found[0]).toMatchObject({ same: ['errors logged in cart'], differs: ['only now: slow operations in cart'] });
    expect(found[0]?.similarity).toBeGreaterThan(0.8);
    expect(found[1]).toMatchObject({ similarity: 0.5, same: [] });
  });

  it('leaves out labels that overlap the range, that no run covers, and that share too little with any slice', async () => {
    const { engine } = createTable();
    await addLabels(engine, createLabel(0, 'own'), createLabel(-5, 'across', 'cart', 6), createLabel(50, 'between'));
    await addLabels(engine, { ...createLabel(104, 'edge'), startNs: (BigInt(at(105)) - 10n).toString(), endNs: at(106) });
    expect(await engine.similarIncidents(ASKED, context)).toEqual([]);
    await addLabels(engine, createLabel(1, 'next'));
    expect((await engine.similarIncidents(ASKED, context)).map(({ label }) => label.type)).toEqual(['next']);
  });

  it('gives five, or as many as asked for', async () => {
    const { engine } = createTable();
    await addLabels(engine, ...[1, 2, 3, 100, 101, 102].map((minute) => createLabel(minute, 'cpu')));
    expect(await engine.similarIncidents(ASKED, context)).toHaveLength(5);
    expect(await engine.similarIncidents({ ...ASKED, limit: 2 }, context)).toHaveLength(2);
  });

  it('looks at the asked run before others that cover the label, else at the newest', async () => {
    const { engine, write } = createTable();
    write({ ...createRecord('again', 0), createdNs: 1000n });
    await addLabels(engine, createLabel(2, 'cpu'));
    expect(await engine.similarIncidents(ASKED, context)).toMatchObject([{ run: 'early' }]);
    expect(await engine.similarIncidents({ run: 'late', fromNs: at(100), toNs: at(101) }, context)).toMatchObject([{ run: 'again' }]);
  });

  it('looks at a labelled range once, also in a later process, until the label moves or findings are made anew', async () => {
    const { engine, profiled, decoded, reopen, replace } = createTable();
    await addLabels(engine, createLabel(2, 'cpu'), createLabel(100, 'exception'));
    await engine.similarIncidents(ASKED, context);
    expect([profiled(), decoded()]).toEqual([[0, 2, 100], 2]);
    const first = await engine.similarIncidents(ASKED, context);
    expect([profiled(), decoded()]).toEqual([[0], 2]);
    const later = reopen();
    expect(await later.similarIncidents(ASKED, context)).toEqual(first);
    expect(profiled()).toEqual([0]);
    await later.removeLabel(createLabel(2, 'cpu'), context);
    await later.label(createLabel(3, 'cpu'), context);
    await later.similarIncidents(ASKED, context);
    expect(profiled()).toEqual([0, 3]);
    replace(createRecord('late', 100));
    await later.similarIncidents(ASKED, context);
    expect(profiled()).toEqual([0, 100]);
    await later.dispose();
  });

  it('says what it can when a run is of another version', async () => {
    const { engine, write } = createTable();
    write(createRecord('old', 200, 'no model'));
    await addLabels(engine, createLabel(2, 'cpu'), createLabel(200, 'exception'));
    expect(await engine.similarIncidents(ASKED, context)).toMatchObject([{ label: { type: 'cpu' } }]);
  });

  it('asks nothing of a run where nothing is labelled', async () => {
    const { engine, decoded } = createTable();
    expect(await engine.similarIncidents(ASKED, context)).toEqual([]);
    expect(decoded()).toBe(0);
  });

  it('refuses what is no range', async () => {
    const { engine } = createTable();
    await expect(engine.similarIncidents({ fromNs: at(1), toNs: at(1) }, context)).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(engine.similarIncidents({ ...ASKED, run: 'none' }, context)).rejects.toMatchObject({ code: 'no-run' });
  });
});
