import { describe, expect, it } from 'vitest';
import { parseReferenceRange, toRangeInput, toReferenceChoices } from '../../../../src/extension/commands/referenceChoices.js';
import { EMPTY_SELECTION, IDLE_TUNING, type PanelState } from '../../../../src/protocol/panelRpc.js';
import { buildIncident, buildTimeline, ns } from '../views.js';

const state: PanelState = {
  phase: 'ready',
  progress: null,
  partial: null,
  timeline: buildTimeline({ incidents: [buildIncident(120, 180, 0.9)] }),
  selection: { ...EMPTY_SELECTION, range: { startNs: ns(30), endNs: ns(60) } },
  diagnosis: null,
  similar: null,
  error: null,
  notice: null,
  labels: [],
  tuning: IDLE_TUNING,
  timeZone: 'UTC',
};

describe('toReferenceChoices', () => {
  it('offers automatic, what came before the incident, the selection, and typing', () => {
    expect(toReferenceChoices(state).map(({ range }) => range)).toEqual([
      'automatic',
      { startNs: ns(0), endNs: ns(120) },
      { startNs: ns(30), endNs: ns(60) },
      'ask',
    ]);
  });

  it('offers only what exists', () => {
    const bare = { ...state, timeline: buildTimeline({ incidents: [buildIncident(0, 60, 0.9)] }), selection: EMPTY_SELECTION };
    expect(toReferenceChoices(bare).map(({ range }) => range)).toEqual(['automatic', 'ask']);
    expect(toReferenceChoices({ ...state, timeline: null })).toEqual([]);
  });
});

describe('parseReferenceRange', () => {
  it('reads back what it writes, to the nanosecond', () => {
    const range = { startNs: ns(0), endNs: (BigInt(ns(60)) + 1n).toString() };
    expect(parseReferenceRange(toRangeInput(range))).toEqual(range);
  });

  it.each(['', 'yesterday', '2024-03-01..', '2024-03-01..2024-03-02..2024-03-03', '2024-03-02..2024-03-01', '2024-03-01..2024-03-01'])(
    'says what is wrong with "%s"',
    (text) => {
      expect(typeof parseReferenceRange(text)).toBe('string');
    },
  );
});
