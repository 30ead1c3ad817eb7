import { describe, expect, it } from 'vitest';
import { findTextTime } from '../../../../src/engine/ingest/fields/textTimes.js';
import { toIso } from '../../../../src/core/time.js';

const defaults = { offsetMinutes: 0, latestNs: BigInt(Date.UTC(2023, 10, 20)) * 1_000_000n };
const LAYOUTS: readonly (readonly [string, string])[] = [
  ['2023-11-14T22:13:20.123456789Z x', '2023-11-14T22:13:20.123456789Z'],
  ['2023-11-14T22:13:20+08:00 x', '2023-11-14T14:13:20Z'],
  ['2023-11-14 22:13:20,123 INFO x', '2023-11-14T22:13:20.123Z'],
  ['2023-11-14 22:13:20.123 UTC [12] LOG: x', '2023-11-14T22:13:20.123Z'],
  ['2023-11-14 22:13:20.123 CEST [12] LOG: x', '2023-11-14T20:13:20.123Z'],
  ['2023-11-14_22:13:20 x', '2023-11-14T22:13:20Z'],
  ['2023/11/14 22:13:20 [error] x', '2023-11-14T22:13:20Z'],
  ['[2023-11-14 22:13:20] laravel.ERROR: x', '2023-11-14T22:13:20Z'],
  ['INFO  [main] 2023-11-14 22:13 x', '2023-11-14T22:13:00Z'],
  ['time="2023-11-14T22:13:20Z" level=info', '2023-11-14T22:13:20Z'],
  ['20231114T221320.5 x', '2023-11-14T22:13:20.500Z'],
  ['20231114.221320,672:DEBUG:x', '2023-11-14T22:13:20.672Z'],
  ['20231114 22:13:20 x', '2023-11-14T22:13:20Z'],
  ['2023-11-14-22.13.20.675872 x', '2023-11-14T22:13:20.675872Z'],
  ['10.0.0.1 - - [14/Nov/2023:22:13:20 +0330] "GET /"', '2023-11-14T18:43:20Z'],
  ['haproxy[1]: 10.0.0.1:1 [14/Nov/2023:22:13:20.123] x', '2023-11-14T22:13:20.123Z'],
  ['14-Nov-2023 22:13:20.123 SEVERE x', '2023-11-14T22:13:20.123Z'],
  ['1234:M 14 Nov 2023 22:13:20.123 * x', '2023-11-14T22:13:20.123Z'],
  ['Tue Nov 14 22:13:20 2023 x', '2023-11-14T22:13:20Z'],
  ['Tue Nov 14 22:13:20 EST 2023 x', '2023-11-15T03:13:20Z'],
  ['[Tue Nov 14 22:13:20.123456 2023] [core:error] x', '2023-11-14T22:13:20.123456Z'],
  ['Tue, 14 Nov 2023 22:13:20 GMT x', '2023-11-14T22:13:20Z'],
  ['Nov 14, 2023 10:13:20 PM c.s.Cart find', '2023-11-14T22:13:20Z'],
  ['Nov 14 22:13:20 host sshd[1]: x', '2023-11-14T22:13:20Z'],
  ['Dec  4 22:13:20 host sshd[1]: x', '2022-12-04T22:13:20Z'],
  ['14.11.2023 22:13:20,5 x', '2023-11-14T22:13:20.500Z'],
  ['11/14/2023 10:13:20 PM x', '2023-11-14T22:13:20Z'],
  ['14/11/2023 22:13:20 x', '2023-11-14T22:13:20Z'],
  ['23/11/14 22:13:20 INFO executor.Executor: x', '2023-11-14T22:13:20Z'],
  ['231114 221320 148 INFO dfs.DataNode: x', '2023-11-14T22:13:20Z'],
  ['I1114 22:13:20.123456   1 x.go:1] x', '2023-11-14T22:13:20.123456Z'],
  ['11-14 22:13:20.123  1  2 I Tag: x', '2023-11-14T22:13:20.123Z'],
  ['@400000006553f10a075bca00 x', '2023-11-14T22:13:20.123456Z'],
  ['1700000000 x', '2023-11-14T22:13:20Z'],
  ['1700000000.123456 x', '2023-11-14T22:13:20.123456Z'],
  ['[1700000000123] x', '2023-11-14T22:13:20.123Z'],
  ['22:13:20.500 DEBUG x', '2023-11-20T22:13:20.500Z'],
];

describe('findTextTime', () => {
  it.each(LAYOUTS)('%s', (line, expected) => {
    const found = findTextTime(line, defaults, undefined);
    expect(found === undefined ? 'none' : toIso(found.ns)).toBe(expected);
  });

  it.each(['no time here', '2023-13-14 22:13:20 x', '192.168.100.200 x', 'version 1.2.3-4', `${'x'.repeat(90)} 2023-11-14 22:13:20`, ''])(
    'none in %s',
    (line) => {
      expect(findTextTime(line, defaults, undefined)).toBeUndefined();
    },
  );

  it('does not take a two-digit day for a one-digit day because the line before was longer', () => {
    const first = findTextTime('10.0.0.11 - - [14/Nov/2023:22:13:20 +0000]', defaults, undefined);
    const second = findTextTime('10.0.0.1 - - [14/Nov/2023:22:13:20 +0000]', defaults, first);
    expect(second?.ns).toBe(first?.ns);
  });
});
