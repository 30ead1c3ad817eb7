import { describe, expect, it } from 'vitest';
import { NORMAL, type BinLabel, type TunableRun } from '../../../../src/core/tuning/examples.js';
import { collectIncidents, type RunSpan } from '../../../../src/engine/tuning/labelledIncidents.js';
import type { LabelView } from '../../../../src/protocol/views.js';
import { createIncident } from '../../core/tuning/tuningBuilders.js';

const SECOND_NS = 1_000_000_000n;
const BIN_SECONDS = 5n;

/** In seconds. */
function createLabel(from: number, to: number, type = 'cpu', entity: string | null = null): LabelView {
  const toNs = (seconds: number): string => (BigInt(seconds * 10) * (SECOND_NS / 10n)).toString();
  return { startNs: toNs(from), endNs: toNs(to), type, entity, note: '', author: '', createdNs: '0' };
}

const createSpan = (name: string, from: number, to: number): RunSpan => ({ name, ...createLabel(from, to) });

/** Opens runs of bins of 5 s, all but those that are `closed`. */
async function collect(labels: readonly LabelView[], spans: readonly RunSpan[], closed: readonly string[] = [], hasSlices = () => true) {
  const seen: (BinLabel & { readonly run: string })[] = [];
  const opened: string[] = [];
  const collected = await collectIncidents(
    labels,
    spans,
    (name) => {
      opened.push(name);
      const model = { bins: { binNs: BIN_SECONDS * SECOND_NS } };
      return Promise.resolve(closed.includes(name) ? undefined : ({ model, name } as unknown as TunableRun));
    },
    (run, label) => {
      seen.push({ ...label, run: (run as unknown as { readonly name: string }).name });
      return hasSlices() ? createIncident({ type: label.type }) : undefined;
    },
  );
  return { ...collected, seen, opened };
}

describe('labels on runs', () => {
  it('are each on the newest run that covers them, and runs that cover none stay closed', async () => {
    const labels = [createLabel(10, 20), createLabel(110, 120), createLabel(900, 910)];
    const spans = [createSpan('new', 0, 50), createSpan('other', 300, 400), createSpan('old', 0, 200)];
    const { incidents, withoutRun, runs, opened } = await collect(labels, spans);
    expect(incidents.map(({ label, run }) => [label, run])).toEqual([
      [labels[0], 'new'],
      [labels[1], 'old'],
    ]);
    expect(withoutRun).toEqual([labels[2]]);
    expect(runs.map(({ name }) => name)).toEqual(['new', 'old']);
    expect(opened).toEqual(['new', 'old']);
  });

  it('are on an older run where the newest cannot be read or has no slice there', async () => {
    const spans = [createSpan('new', 0, 50), createSpan('old', 0, 50)];
    expect((await collect([createLabel(10, 20)], spans, ['new'])).incidents).toMatchObject([{ run: 'old' }]);
    let asked = 0;
    const { incidents, runs } = await collect([createLabel(10, 20)], spans, [], () => ++asked > 1);
    expect([incidents.map(({ run }) => run), runs.map(({ name }) => name)]).toEqual([['old'], ['old']]);
  });

  it('without a run are all given back', async () => {
    const labels = [createLabel(10, 20)];
    expect(await collect(labels, [])).toMatchObject({ incidents: [], runs: [], withoutRun: labels });
    // What only touches a run is not in it.
    expect(await collect(labels, [createSpan('before', 0, 10), createSpan('after', 20, 30)])).toMatchObject({ withoutRun: labels });
  });

  it('are in whole bins, at least one; half a bin at the end counts', async () => {
    const at = async (from: number, to: number): Promise<readonly number[]> => {
      const { seen } = await collect([createLabel(from, to)], [createSpan('run', 0, 100)]);
      return seen.flatMap(({ fromBin, toBin }) => [fromBin, toBin]);
    };
    expect(await at(10, 20)).toEqual([2, 4]);
    expect(await at(12, 22)).toEqual([2, 4]);
    expect(await at(12, 22.5)).toEqual([2, 5]);
    expect(await at(11, 12)).toEqual([2, 3]);
  });
});

describe('labels that overlap', () => {
  const occasionsOf = async (...labels: LabelView[]): Promise<readonly (number | undefined)[]> =>
    (await collect(labels, [createSpan('run', 0, 1000)])).incidents.map(({ incident }) => incident.occasion);

  it('are of one occasion, whatever they say and in whatever order they are', async () => {
    const [a, b, c, d] = await occasionsOf(
      createLabel(40, 60, 'leak', 'cart'),
      createLabel(200, 210),
      createLabel(10, 50, 'cpu', 'cart'),
      createLabel(10, 50, 'cpu', 'payment'),
    );
    expect([c, d]).toEqual([a, a]);
    expect(b).not.toBe(a);
  });

  it('are apart where they touch, and so are failures from usual ranges', async () => {
    const occasions = await occasionsOf(
      createLabel(10, 20),
      createLabel(20, 30),
      createLabel(0, 900, NORMAL),
      createLabel(910, 920, NORMAL),
    );
    expect(new Set(occasions).size).toBe(4);
  });
});
