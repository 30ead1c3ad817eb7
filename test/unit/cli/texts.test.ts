import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStyle } from '../../../src/cli/style.js';
import { toDiagnosisText } from '../../../src/cli/text/diagnosisText.js';
import { toEvaluationText } from '../../../src/cli/text/evaluationText.js';
import { toIncidentText } from '../../../src/cli/text/labelText.js';
import type { EvaluationReport } from '../../../src/engine/pipeline/evaluateRun.js';
import type { Diagnosis, SimilarIncidentView } from '../../../src/protocol/views.js';

const plain = createStyle(false);
const START_NS = '1773147600000000000';
const SCORES = { faults: 2, ac1: 0.5, ac3: 1, ac5: 1, avg5: 0.9 };
const ANSWER = { startNs: START_NS, type: 'exception', entity: 'cart', rank: 2, first: 'gateway', predictedType: 'exception' };
const REPORT: EvaluationReport = {
  labels: 4,
  faults: 3,
  skipped: [{ startNs: START_NS, reason: 'no records in its range' }],
  detection: { slices: 55, precision: 1, recall: 0.5, f1: 2 / 3, auroc: 0.9 },
  failureType: { faults: 2, macroF1: 1 },
  rootCause: SCORES,
  rootCauseByType: { exception: { ...SCORES, faults: 1 }, 'network-delay': { ...SCORES, faults: 1 } },
  states: { slices: 7, nmiTypeAndService: 0.8, nmiType: 0.4 },
  answers: [ANSWER, { ...ANSWER, type: 'network-delay', entity: '', rank: 0 }],
};

describe('text of a similar incident', () => {
  const incident: SimilarIncidentView = {
    label: { startNs: START_NS, endNs: '1773147900000000000', type: 'cpu', entity: 'cart', note: '', author: '', createdNs: START_NS },
    run: 'run-1',
    similarity: 0.918,
    same: ['errors logged in cart', 'slow operations in cart'],
    differs: ['only now: CPU up in payment'],
  };

  it('says how similar what was when, then what is the same and what differs', () => {
    expect(toIncidentText(incident).split('\n')).toEqual([
      '0.92  cpu on cart, 2026-03-10T13:00:00Z to 2026-03-10T13:05:00Z (run run-1)',
      '      same: errors logged in cart; slow operations in cart',
      '      differs: only now: CPU up in payment',
    ]);
  });

  it('leaves out what there is not', () => {
    expect(toIncidentText({ ...incident, same: [], differs: [] })).not.toContain('\n');
  });
});

describe('text of an evaluation', () => {
  it('is a small table of each measure, and every fault with what was answered', () => {
    const text = toEvaluationText(REPORT, plain);
    expect(text.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      '4 labels, 3 faults, 2 scored, 1 left out',
      '  left out: 2026-03-10T13:00:00Z, no records in its range',
      '',
      'Detection, failure type, states',
      '  Detection  F1 0.667, AUROC 0.900, precision 1.000, recall 0.500 over 55 slices',
      '  Failure type  macro-F1 1.000 over 2 faults',
      '  States  NMI 0.800 with type and service, 0.400 with type, over 7 slices',
      '',
      'Root cause',
      '  AC@1  AC@3  AC@5  Avg@5  faults',
      '  all  0.500  1.000  1.000  0.900  2',
      '  exception  0.500  1.000  1.000  0.900  1',
      '  network-delay  0.500  1.000  1.000  0.900  1',
      '',
      'Faults',
      '  start  service  rank  ranked first  type  taken for',
      '  2026-03-10T13:00:00Z  cart  2  gateway  exception  exception',
      '  2026-03-10T13:00:00Z  –  –  gateway  network-delay  exception',
    ]);
  });

  it('says of what could not be measured why', () => {
    const empty = { ...REPORT, detection: null, failureType: null, rootCause: null, rootCauseByType: {}, states: null, answers: [] };
    expect(toEvaluationText(empty, plain).match(/not measured: \w+/g)).toHaveLength(4);
    expect(toEvaluationText({ ...REPORT, answers: [ANSWER] }, plain)).toContain('not measured: needs faults of two kinds');
  });
});

describe('text of a diagnosis', () => {
  it('starts with the sentence; then causes, evidence with short paths, and what was checked in a line each', () => {
    const evidence = { modality: 'log', entity: 'cart', text: 'line appeared', detail: '12 of 14', score: 3, share: 0.4, line: 7 };
    const diagnosis = {
      fromNs: START_NS,
      toNs: '1773147660000000000',
      anomaly: 0.97,
      sentence: 'Abnormal, most likely cart.',
      stateName: 'cart: slow',
      membership: 0.8,
      failureTypes: [{ type: 'exception', p: 0.9 }],
      rootCauses: [{ entity: 'cart', score: 2, p: 0.7, modalities: { log: 1, trace: 0, metric: 0 } }],
      evidence: [
        { ...evidence, path: path.join(process.cwd(), 'a', 'cart.log') },
        { ...evidence, path: path.resolve('/', 'elsewhere', 'cart.log') },
      ],
      runnerUp: { entity: 'checkout', text: 'checkout shows little that cart does not explain.' },
      checks: [
        { outcome: 'usual', text: 'Traffic: nothing unusual in 4 services.' },
        { outcome: 'abnormal', text: 'Memory: unusual in 1 of 12 services.' },
        { outcome: 'usual', text: 'Errors: nothing unusual in 4 services.' },
      ],
    } as unknown as Diagnosis;
    const text = toDiagnosisText(diagnosis, plain);
    expect(text.split('\n')[0]).toBe('Abnormal, most likely cart.');
    const headings = ['Range', 'Likely causes', 'Evidence', 'Checked'].map((heading) => text.indexOf(heading));
    expect(headings).toEqual(headings.toSorted((a, b) => a - b));
    expect(text).toContain(` ${path.join('a', 'cart.log')}:7`);
    expect(text).toContain(`${path.resolve('/', 'elsewhere', 'cart.log')}:7`);
    expect(text).toContain('  checkout shows little that cart does not explain.');
    expect(text).toContain('(12 of 14); 40 % of what speaks for it');
    expect(text).toMatch(/abnormal {2}memory\n {2}usual {5}traffic, errors$/);
  });
});
