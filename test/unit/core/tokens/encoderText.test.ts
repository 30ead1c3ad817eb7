import { describe, expect, test } from 'vitest';
import { toEncoderText } from '../../../../src/core/tokens/encoderText.js';

describe('text of a token for the encoder', () => {
  test.each([
    ['cpu_seconds{k8s_namespace_name="apps",k8s_pod_name="cart-6f9c-x2x4z"} seconds', 'cpu_seconds seconds'],
    ['latency{instance="10.0.0.1:80",le="0.5",method="GET",pod="a"}', 'latency{le="0.5",method="GET"}'],
    ['requests{k8s.pod.name="a",service.instance.id="b",peer="db"}', 'requests{peer="db"}'],
    ['odd{pod="quote \\" and } brace",code="503"}', 'odd{code="503"}'],
  ])('%s', (text, expected) => {
    expect(toEncoderText(text)).toBe(expected);
  });

  test('operations and templates stay as they are', () => {
    for (const text of ['GET /orders/{id}', 'cart -> redis GET', 'user {name} logged in', '{"pod":"a","msg":"<*>"}', '']) {
      expect(toEncoderText(text)).toBe(text);
    }
  });

  test('long texts are cut', () => {
    expect(toEncoderText('x'.repeat(500))).toHaveLength(120);
  });
});
