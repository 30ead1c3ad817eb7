import { describe, expect, it } from 'vitest';
import { type StatusFacts, toStatusText } from '../../../../src/extension/status/statusText.js';

const calm: StatusFacts = { engine: { kind: 'stopped' }, running: null, failed: false, incidents: null, provider: null };

describe('toStatusText', () => {
  it('says what is known, most urgent first', () => {
    expect(toStatusText(calm)).toMatchObject({ label: 'RuntimeSlicer', tooltip: expect.stringContaining('nothing embedded') as string });
    expect(toStatusText({ ...calm, incidents: 2, provider: 'webgpu' })).toMatchObject({
      label: 'RuntimeSlicer (webgpu)',
      tooltip: expect.stringContaining('2 abnormal ranges') as string,
      severe: false,
    });
    expect(toStatusText({ ...calm, running: 'Reading 43 %', incidents: 2 })).toMatchObject({ label: 'Reading 43 %', icon: 'sync~spin' });
    expect(toStatusText({ ...calm, failed: true })).toMatchObject({ icon: 'warning', severe: false });
    expect(toStatusText({ ...calm, engine: { kind: 'failed', reason: 'exit code 3' }, running: 'Reading' })).toMatchObject({
      icon: 'error',
      severe: true,
      tooltip: expect.stringContaining('exit code 3') as string,
    });
  });
});
