import { describe, expect, it } from 'vitest';
import { resolveEntity, toServiceOfPod, toStemOfFile } from '../../../src/core/entities.js';

describe('toServiceOfPod', () => {
  it.each([
    ['ts-order-service-5b67c48447-mv5hb', 'ts-order-service'],
    ['ts-gateway-service-6f6cfc45b-h5m2n', 'ts-gateway-service'],
    ['currencyservice-cf787dd48-vpjrd', 'currencyservice'],
    ['cart-7d9f8b6c44-abcde', 'cart'],
    ['report-28123456-x7k2p', 'report'],
    ['mysql-0', 'mysql'],
    ['kafka-broker-12', 'kafka-broker'],
    ['cartservice2-0', 'cartservice2'],
    ['node-6.cartservice-0', 'cartservice'],
    ['node-6', 'node'],
    ['ip-10-0-0-7', 'ip-10-0-0-7'],
    ['fluentd-x7k2p', 'fluentd'],
    ['cart', 'cart'],
    ['user-service2-cache', 'user-service2-cache'],
    ['ts-train-food-service', 'ts-train-food-service'],
    ['proxy-https', 'proxy-https'],
    ['checkout-proxy', 'checkout-proxy'],
    ['', ''],
  ])('%s → %s', (pod, service) => {
    expect(toServiceOfPod(pod)).toBe(service);
  });
});

describe('resolveEntity', () => {
  it('prefers the service name and keeps the pod as instance', () => {
    expect(resolveEntity({ serviceName: 'cart', pod: 'cart-v2-5b67c48447-mv5hb' })).toEqual({
      service: 'cart',
      instance: 'cart-v2-5b67c48447-mv5hb',
    });
  });

  it('falls back from workload to pod, container, host and file', () => {
    expect(resolveEntity({ workload: 'cart', pod: 'x-0' }).service).toBe('cart');
    expect(resolveEntity({ pod: 'cart-5b67c48447-mv5hb', host: 'n1' })).toEqual({ service: 'cart', instance: 'cart-5b67c48447-mv5hb' });
    expect(resolveEntity({ container: 'server' }).service).toBe('server');
    expect(resolveEntity({ host: 'node-1' })).toEqual({ service: 'node-1', instance: 'node-1' });
    expect(resolveEntity({ fileName: '/logs/cart-5b67c48447-mv5hb_metric.csv' })).toEqual({
      service: 'cart',
      instance: 'cart-5b67c48447-mv5hb',
    });
  });

  it('passes over names that say nothing', () => {
    expect(resolveEntity({ serviceName: 'unknown_service:java', pod: ' ', fileName: 'pay.log' })).toEqual({
      service: 'pay',
      instance: 'pay',
    });
    expect(resolveEntity({})).toEqual({ service: 'unknown', instance: 'unknown' });
  });

  it('takes the folder of log files with a name that every service uses', () => {
    expect(resolveEntity({ fileName: '/srv/checkout/app.log' }).service).toBe('checkout');
    expect(resolveEntity({ fileName: '/var/log/app.log' }).service).toBe('app');
  });
});

describe('toStemOfFile', () => {
  it.each([
    ['a/b/cart-0_metric.csv', 'cart-0'],
    ['C:\\logs\\cart.log.1.gz', 'cart'],
    ['source_50.csv', 'source_50'],
    ['traces.jsonl', 'traces'],
    ['.log', '.log'],
  ])('%s → %s', (file, stem) => {
    expect(toStemOfFile(file)).toBe(stem);
  });
});
