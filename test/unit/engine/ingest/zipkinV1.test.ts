import { describe, expect, it } from 'vitest';
import { toSpanKey, toTraceKey } from '../../../../src/engine/ingest/fields/idKeys.js';
import { onlyReport, readText } from './readRecords.js';

const endpoint = (serviceName: string): object => ({ serviceName, ipv4: '10.0.0.1' });
const at = (timestamp: number, value: string, serviceName: string): object => ({ timestamp, value, endpoint: endpoint(serviceName) });
const START = 1_700_000_000_000_000;
const TRACE = 'a1b2c3d4e5f60718';

describe('Zipkin version 1', () => {
  it('splits a shared span into the client half and the server half below it', async () => {
    const spans = [
      {
        traceId: TRACE,
        id: '1111111111111111',
        name: 'post /charges',
        timestamp: START,
        duration: 900,
        annotations: [at(START, 'cs', 'checkout'), at(START + 100, 'sr', 'payment'), at(START + 700, 'ss', 'payment'), at(START + 900, 'cr', 'checkout')],
        binaryAnnotations: [{ key: 'error', value: 'timeout', endpoint: endpoint('payment') }],
      },
      {
        traceId: TRACE,
        id: '2222222222222222',
        parentId: '1111111111111111',
        name: 'select',
        annotations: [at(START + 200, 'cs', 'payment'), at(START + 300, 'cr', 'payment')],
        binaryAnnotations: [],
      },
      {
        traceId: TRACE,
        id: '3333333333333333',
        parentId: '1111111111111111',
        name: 'risk',
        timestamp: START + 400,
        duration: 50,
        binaryAnnotations: [{ key: 'lc', value: 'risk', endpoint: endpoint('payment') }],
      },
    ]; // prettier-ignore
    const read = await readText('spans.json', JSON.stringify(spans));
    expect(onlyReport(read)).toMatchObject({ format: 'zipkin-json', records: 4, rejected: 0 });
    const shown = read.spans.map(({ service, operation, durationNs, status }) => [service, operation, durationNs, status]);
    expect(shown).toEqual([
      ['checkout', 'post /charges', 900_000, 2],
      ['payment', 'post /charges', 600_000, 2],
      ['payment', 'select', 100_000, 0],
      ['payment', 'risk', 50_000, 0],
    ]);
    const [client, server, select, risk] = read.spans;
    expect(client?.spanKey).toBe(toSpanKey(toTraceKey(TRACE), '1111111111111111'));
    expect(server?.parentKey).toBe(client?.spanKey);
    expect([select?.parentKey, risk?.parentKey]).toEqual([server?.spanKey, server?.spanKey]);
  });

  it('rejects what was not finished', async () => {
    const span = { traceId: TRACE, id: '1111111111111111', name: 'get', annotations: [at(START, 'sr', 'cart')], binaryAnnotations: [] };
    const read = await readText('spans.json', JSON.stringify([span]));
    expect(read.spans).toEqual([]);
    expect(onlyReport(read)).toMatchObject({ rejected: 1, reasons: [{ reason: expect.stringMatching(/no duration/) as string }] });
  });
});
