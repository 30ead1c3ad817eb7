import { describe, expect, it } from 'vitest';
import {
  toEvidenceRows,
  toFindingRows,
  toHeadline,
  toIncidentRows,
  toIncidentsRow,
  toSliceRows,
  toStateRows,
} from '../../../../src/extension/stateExplorer/treeModel.js';
import { buildDiagnosis, buildEvidence, buildIncident, buildSlice, buildState, buildTimeline, ns } from '../views.js';

const modalities = { log: 0, trace: 0, metric: 0 };

describe('toHeadline', () => {
  it('says when and where, for the strongest of the incidents', () => {
    const incidents = [buildIncident(60, 180, 0.97), buildIncident(300, 360, 0.6)];
    expect(toHeadline(buildTimeline({ incidents }), 'UTC')).toBe(
      'Abnormal 08:01:00 – 08:03:00 UTC (97 %), most likely payment. One more abnormal range.',
    );
  });

  it('says it in the words of the engine when nothing is abnormal', () => {
    expect(toHeadline(buildTimeline({ headline: `Nothing abnormal until {${ns(60)}}.` }), 'Asia/Tokyo')).toBe(
      'Nothing abnormal until 17:01:00 Asia/Tokyo (GMT+9).',
    );
  });
});

describe('toIncidentRows', () => {
  const timeline = buildTimeline({
    slices: [buildSlice(60), buildSlice(120, { anomaly: 0.9 }), buildSlice(300)],
    incidents: [
      { ...buildIncident(60, 180, 0.9), sentence: `Abnormal from {${ns(60)}}.` },
      { ...buildIncident(300, 330, 0.99), likelyCause: null, failureType: null },
    ],
  });

  it('has one row for all of them, and none when nothing is abnormal', () => {
    expect(toIncidentsRow(buildTimeline())).toEqual([]);
    expect(toIncidentsRow(timeline)).toMatchObject([{ label: '2 abnormal ranges', description: 'most serious first', expanded: true }]);
    const many = buildTimeline({ incidents: Array.from({ length: 28 }, (_, at) => buildIncident(at * 60, at * 60 + 30, 0.9)) });
    expect(toIncidentsRow(many)).toMatchObject([{ label: '28 abnormal ranges', expanded: false }]);
  });

  it("keeps the engine's order, and says when, where and what in the reader's zone", () => {
    const rows = toIncidentRows(timeline, 'Asia/Tokyo');
    expect(rows.map((row) => [row.label, row.description])).toEqual([
      ['payment', '17:01–17:03 slow database'],
      ['cause not clear', '17:05:00–17:05:30 kind not known'],
    ]);
    expect(rows[0]?.tooltip).toContain('Abnormal from 17:01:00 Asia/Tokyo (GMT+9).');
  });

  it('selects the range and its most abnormal slice', () => {
    expect(toIncidentRows(timeline, 'UTC')[0]).toMatchObject({
      selection: { range: { startNs: ns(60), endNs: ns(180) }, slice: 'slice-120', state: null },
    });
  });
});

describe('toStateRows', () => {
  const rows = toStateRows(
    buildTimeline({
      states: [
        buildState('usual', { slices: 1200 }),
        buildState('unknown', { slices: 5000, name: 'unknown' }),
        buildState('bad', { slices: 4, abnormal: true, name: 'payment slow', evidence: ['timeouts'] }),
        buildState('worse', { slices: 9, abnormal: true }),
        buildState('gone', { slices: 0 }),
      ],
    }),
    'UTC',
  );

  it('puts abnormal states first, the larger before the smaller, unknown last, and leaves out empty ones', () => {
    expect(rows.map((row) => row.id)).toEqual(['state:worse', 'state:bad', 'state:usual', 'state:unknown']);
  });

  it('says in words what icon and colour show', () => {
    expect(rows[1]).toMatchObject({
      label: 'payment slow',
      description: '4 slices, abnormal',
      tooltip: 'payment slow\ntimeouts',
      accessibleLabel: 'State payment slow, abnormal, 4 slices',
    });
    expect(rows[2]?.description).toBe('1\u202f200 slices, usual');
  });
});

describe('toSliceRows', () => {
  const state = buildState('usual', { slices: 4 });
  const timeline = buildTimeline({
    states: [state],
    slices: [
      buildSlice(120, { anomaly: 0.6, likelyCause: 'payment' }),
      buildSlice(0),
      buildSlice(60, { anomaly: 0.97 }),
      buildSlice(180),
      buildSlice(240, { state: 'other' }),
    ],
  });

  it('puts abnormal slices first, each group in time order, and leaves out those of other states', () => {
    const rows = toSliceRows(timeline, state, 'UTC', 10);
    expect(rows.map((row) => row.label)).toEqual([
      '08:01:00 – 08:02:00',
      '08:02:00 – 08:03:00',
      '08:00:00 – 08:01:00',
      '08:03:00 – 08:04:00',
    ]);
    expect(rows.map((row) => row.description)).toEqual(['97 %', '60 % payment', '2 %', '2 %']);
    expect(rows[0]?.accessibleLabel).toBe('Slice 08:01:00 – 08:02:00 UTC, abnormal, probability of being abnormal 97 %');
  });

  it('shows times in the zone asked for', () => {
    expect(toSliceRows(timeline, state, 'Asia/Shanghai', 1)[0]).toMatchObject({
      label: '16:01:00 – 16:02:00',
      accessibleLabel: expect.stringContaining('Asia/Shanghai') as string,
    });
  });

  it('ends a page with a row that shows more', () => {
    const rows = toSliceRows(timeline, state, 'UTC', 3);
    expect(rows).toHaveLength(4);
    expect(rows[3]).toMatchObject({ kind: 'more', label: 'Show more (1 not shown)' });
  });
});

describe('toFindingRows', () => {
  const slice = buildSlice(60, { anomaly: 0.97 });
  const ofPayment = buildEvidence('payment');
  const ofCart = buildEvidence('cart');

  it('lists likely causes with their evidence, the kind of failure, and the rest', () => {
    const rows = toFindingRows(
      slice.id,
      buildDiagnosis({
        rootCauses: [
          { entity: 'payment', score: 5, p: 0.8, modalities },
          { entity: 'cart', score: 1, p: 0.01, modalities },
        ],
        failureTypes: [{ type: 'slow-database', p: 0.6 }],
        evidence: [ofCart, ofPayment],
      }),
      0.5,
    );
    expect(rows.map((row) => [row.label, row.description])).toEqual([
      ['Likely cause: payment', '80 %'],
      ['Kind of failure: slow database', '60 %'],
      ['Also unusual', '1 piece of evidence'],
    ]);
    expect(rows.map((row) => (row.kind === 'finding' ? row.evidence : undefined))).toEqual([[ofPayment], [], [ofCart]]);
    expect(rows.map((row) => row.kind === 'finding' && row.expanded)).toEqual([true, false, false]);
  });

  it('names no cause where nothing is abnormal, but what is least usual', () => {
    const usual = buildDiagnosis({
      anomaly: 0.06,
      rootCauses: [{ entity: 'payment', score: 5, p: 0.8, modalities }],
      failureTypes: [{ type: 'slow-database', p: 0.6 }],
      evidence: [ofPayment],
    });
    expect(toFindingRows(slice.id, usual, 0.5).map((row) => row.label)).toEqual(['Nothing abnormal', 'Most unusual']);
    expect(toFindingRows(slice.id, buildDiagnosis({ anomaly: 0 }), 0.5)).toMatchObject([{ kind: 'note', label: 'Nothing abnormal' }]);
  });

  it('says so when something is abnormal and nothing stands out', () => {
    expect(toFindingRows(slice.id, buildDiagnosis(), 0.5)).toMatchObject([
      { kind: 'note', label: 'Abnormal as a whole; no service stands out' },
    ]);
  });

  it('loses no evidence: every piece is under exactly one finding', () => {
    const evidence = ['a', 'b', 'c', 'd', 'e'].map((entity) => buildEvidence(entity));
    const rootCauses = evidence.map(({ entity }) => ({ entity, score: 1, p: 0.2, modalities }));
    const rows = toFindingRows(slice.id, buildDiagnosis({ rootCauses, evidence }), 0.5);
    const shown = rows.flatMap((row) => (row.kind === 'finding' ? row.evidence : []));
    expect(shown.map(({ entity }) => entity).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('toEvidenceRows', () => {
  it('names place and time, and says when no line shows it', () => {
    const rows = toEvidenceRows(
      'finding',
      [buildEvidence('payment'), buildEvidence('payment', { path: null, line: null, atNs: null })],
      'UTC',
    );
    expect(rows[0]?.tooltip).toBe('a line of payment\n12 of 14, usually 0 of 900\npayment\n08:01:00 UTC\n/data/payment.log:7');
    expect(rows[1]?.accessibleLabel).toContain('no single line shows it');
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
  });

  it('takes a file without a line', () => {
    expect(toEvidenceRows('f', [buildEvidence('a', { line: null, atNs: ns(1) })], 'UTC')[0]?.tooltip).toMatch(/\/data\/a\.log$/);
  });
});
