import { describe, expect, it } from 'vitest';
import { MAX_SHAPE_CHARS, maskMessage } from '../../../../src/core/logs/masking.js';

const UUID = 'a994ac1b-af0a-44a8-a9d1-a768e1d6785d';

describe('maskMessage', () => {
  it.each([
    [
      '17:35:38.386 INFO  o.s.OrderServiceImpl#365 TraceID: 0493e2752438fbbe19f9cc7efe9aaaa9 SpanID: 882624ccb9c39604 [getOrderById][OrderId: ' +
        UUID +
        ']',
      'INFO o.s.OrderServiceImpl#365 [getOrderById][OrderId: <uuid>]',
    ],
    [`order:${UUID}:GaoTie saved`, 'order:<uuid>:GaoTie saved'],
    ['took 17ms, 3.5 MB, -2 left, 99%', 'took <num> MB, <num> left, <num>'],
    ['from 10.1.2.3:8080 to fe80::1', 'from <ip> to <ip>'],
    ['GET /api/v1/orders/17?limit=5 HTTP/1.1', 'GET /api/v1/orders/<num>?<query> HTTP/1.1'],
    ['see https://shop.example:443/a/17?x=1', 'see https://shop.example:<num>/a/<num>?<query>'],
    ['at 2023-11-14T22:13:20Z and 22:13:20', 'at <time> and <time>'],
    ['id 0xdeadbeef and 0af7651916cd43dd', 'id <hex> and <hex>'],
    ['user alice@example.com said "hi 17"', 'user <email> said <quoted>'],
    ["products=['9SIQT8TOJO', 'L9ECAV7KIM', '6E92ZMYYFZ']", 'products=[<quoted>]'],
    ['product OLJCESPC7Z gone', 'product <id> gone'],
    ['{"status": 500, "path": "/a"}', '{"status": <num>, "path": <quoted>}'],
    ["can't find worker3 in x.go:128", "can't find worker<num> in x.go:128"],
    ['\u001b[31mERROR\u001b[0m plain', 'ERROR plain'],
    ['first line 1\nsecond line', 'first line <num>'],
    ['  many   blanks\t here ', 'many blanks here'],
    ['Größe 17 für 商品', 'Größe <num> für 商品'],
    ['no variables at all', 'no variables at all'],
    ['', ''],
  ])('%j → %s', (message, shape) => {
    expect(maskMessage(message)).toBe(shape);
  });

  it('gives messages that differ in values one shape, and is idempotent on it', () => {
    const shape = (i: number): string => maskMessage(`user ${i} paid ${i * 1.5} EUR from 10.0.0.${i % 200} in ${i}ms for "item ${i}"`);
    const shapes = new Set(Array.from({ length: 100 }, (_, i) => shape(i)));
    expect([...shapes]).toEqual(['user <num> paid <num> EUR from <ip> in <num> for <quoted>']);
    expect(maskMessage([...shapes][0] ?? '')).toBe([...shapes][0]);
  });

  it('is bounded in length and time on hostile input', () => {
    for (const hostile of [
      '"'.repeat(5_000),
      '9a'.repeat(50_000),
      '/a1'.repeat(20_000),
      `'${'\\'.repeat(9_999)}`,
      '1:'.repeat(20_000),
      '\ud800'.repeat(3_000),
    ]) {
      const shape = maskMessage(hostile);
      expect(shape.length).toBeLessThanOrEqual(MAX_SHAPE_CHARS);
      expect(shape.isWellFormed()).toBe(true);
    }
  });
});
