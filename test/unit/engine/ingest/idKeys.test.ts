import { describe, expect, it } from 'vitest';
import { toSpanKey, toSpanKeyOfBytes, toTraceKey, toTraceKeyOfBytes } from '../../../../src/engine/ingest/fields/idKeys.js';

const HEX = '0af7651916cd43dd8448eb211c80319c';

describe('id keys', () => {
  it('are equal for every spelling of one id', () => {
    const spellings = [
      HEX,
      HEX.toUpperCase(),
      HEX.slice(1),
      `0x${HEX}`,
      Buffer.from(HEX, 'hex').toString('base64'),
      '0af76519-16cd-43dd-8448-eb211c80319c',
    ];
    expect(new Set(spellings.map(toTraceKey)).size).toBe(1);
    const bytes = Buffer.from(`  ${HEX}`);
    expect(toTraceKeyOfBytes(bytes, 2, bytes.length)).toBe(toTraceKey(HEX));
  });

  it('give 0 for no id only', () => {
    for (const none of ['', 'root', '0000000000000000', 'null', ' - ']) {
      expect(toTraceKey(none)).toBe(0);
    }
    expect(toSpanKey(0, 'a')).not.toBe(0);
    expect(toSpanKeyOfBytes(0, Buffer.from('root'), 0, 4)).toBe(0);
  });

  it('keep span ids of different traces apart, and do not collide in 200,000 neighbours', () => {
    expect(toSpanKey(toTraceKey('a1'), '1')).not.toBe(toSpanKey(toTraceKey('a2'), '1'));
    const keys = new Set<number>();
    for (let i = 1; i <= 200_000; i++) {
      keys.add(toTraceKey(i.toString(16).padStart(16, '0')));
    }
    expect(keys.size).toBe(200_000);
    expect([...keys].every((key) => Number.isSafeInteger(key) && key > 0)).toBe(true);
  });
});
