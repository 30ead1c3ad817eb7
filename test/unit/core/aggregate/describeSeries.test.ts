import { describe, expect, test } from 'vitest';
import { describeSeries } from '../../../../src/core/aggregate/describeSeries.js';
import type { SeriesDefinition } from '../../../../src/core/records.js';

const SERIES: SeriesDefinition = {
  entity: { service: 'pay', instance: 'pay-7d9f-x2x' },
  metric: 'http_client_requests_seconds_mean',
  unit: 'seconds',
  kind: 'gauge',
  labels: 'method="POST",uri="/charge"',
};

describe('what a series is called', () => {
  test('is its name, its labels, whose it is, and for the encoder its unit', () => {
    expect(describeSeries(SERIES)).toEqual({
      definition: SERIES,
      family: 'metric-latency',
      text: 'http_client_requests_seconds_mean{method="POST",uri="/charge"} seconds',
      label: 'http_client_requests_seconds_mean{method="POST",uri="/charge"} of pay-7d9f-x2x',
    });
    const plain = describeSeries({ ...SERIES, metric: 'cpu', labels: '', unit: '', entity: { service: 'pay', instance: '' } });
    expect([plain.text, plain.label]).toEqual(['cpu', 'cpu of pay']);
  });

  test('says of calls once who makes them to whom', () => {
    const labels = 'destination_workload="Bank",reporter="source",response_code="200",source_app="pay",source_workload="pay"';
    const { text, label } = describeSeries({ ...SERIES, metric: 'istio_requests_total', unit: '', labels, callee: 'bank' });
    expect(label).toBe('istio_requests_total{response_code="200"} of calls from pay-7d9f-x2x to bank');
    // The encoder reads all of them.
    expect(text).toBe(`istio_requests_total{${labels}}`);
    const alone = describeSeries({ ...SERIES, labels: 'client_name="bank"', callee: 'bank' });
    expect(alone.label).toBe('http_client_requests_seconds_mean of calls from pay-7d9f-x2x to bank');
  });

  test('keeps values with quotes, commas and equals signs whole', () => {
    const { label } = describeSeries({ ...SERIES, labels: 'peer="bank",uri="/a,b=\\"c\\""', callee: 'bank' });
    expect(label).toBe('http_client_requests_seconds_mean{uri="/a,b=\\"c\\""} of calls from pay-7d9f-x2x to bank');
  });
});
