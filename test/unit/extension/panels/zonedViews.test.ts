import { describe, expect, it } from 'vitest';
import { toZonedEvent, toZonedState } from '../../../../src/extension/panels/zonedViews.js';
import { EMPTY_SELECTION, IDLE_TUNING, type PanelState } from '../../../../src/protocol/panelRpc.js';
import { buildDiagnosis, buildIncident, buildTimeline, ns } from '../views.js';

const sentence = `Abnormal from {${ns(0)}} to {${ns(60)}}.`;
const shown = 'Abnormal from 17:00:00 to 17:01:00 Asia/Tokyo (GMT+9).';
const diagnosis = buildDiagnosis({ sentence, checks: [{ outcome: 'not checked', text: `No traces before {${ns(0)}}.` }] });
const state: PanelState = {
  phase: 'ready',
  progress: null,
  partial: null,
  timeline: buildTimeline({ headline: sentence, warnings: [sentence], incidents: [{ ...buildIncident(0, 60, 0.9), sentence }] }),
  selection: EMPTY_SELECTION,
  diagnosis,
  similar: null,
  error: null,
  notice: null,
  labels: [],
  tuning: IDLE_TUNING,
  timeZone: 'Asia/Tokyo',
};

describe('what panels get', () => {
  it('has no instant left in any sentence', () => {
    const zoned = toZonedState(state);
    expect(JSON.stringify(zoned)).not.toMatch(/\{\d+\}/);
    expect(zoned.timeline).toMatchObject({ headline: shown, warnings: [shown], incidents: [{ sentence: shown }] });
    expect(zoned.diagnosis).toMatchObject({ sentence: shown, checks: [{ text: 'No traces before 17:00:00 Asia/Tokyo (GMT+9).' }] });
  });

  it('is the same in events', () => {
    expect(toZonedEvent({ type: 'state', state }, 'UTC')).toEqual({ type: 'state', state: toZonedState(state) });
    expect(toZonedEvent({ type: 'selection', selection: EMPTY_SELECTION, diagnosis }, 'Asia/Tokyo')).toMatchObject({
      diagnosis: { sentence: shown },
    });
    const hover = { type: 'hover', slice: null, entity: null } as const;
    expect(toZonedEvent(hover, 'UTC')).toBe(hover);
  });

  it('leaves an empty state as it is', () => {
    const empty: PanelState = { ...state, timeline: null, diagnosis: null };
    expect(toZonedState(empty)).toEqual(empty);
  });
});
