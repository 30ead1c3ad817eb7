/**
 * 53-bit keys of trace and span ids, exact as doubles, 0 = no id. Spellings of one id give one key: upper and lower case hex,
 * leading zeros (64-bit ids padded to 128 bits), base64 of the bytes (proto3 JSON) and dashes of a UUID do not matter.
 * Mixing as in cyrb53 (two 32-bit lanes, murmur3-style finish).
 */
const NO_ID = new Set(['', 'root', 'none', 'null', 'undefined', '-', 'n/a', '-1']);
const BASE64_ID = /^(?:[A-Za-z0-9+/_-]{11}=?|[A-Za-z0-9+/_-]{22}(?:==)?)$/;
const TRACE_SEED = 0x9e3779b9;

/** Value of a hex digit, 0xff for every other byte. */
const HEX_VALUE = new Uint8Array(256).fill(0xff);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  HEX_VALUE[text.charCodeAt(0)] = digit;
  HEX_VALUE[text.toUpperCase().charCodeAt(0)] = digit;
}

export function toTraceKey(traceId: string): number {
  return hashText(traceId, TRACE_SEED, 0);
}

/** Span ids are only unique within their trace, so the trace's key takes part; a trace key of 0 is allowed. */
export function toSpanKey(traceKey: number, spanId: string): number {
  return hashText(spanId, traceKey >>> 0, Math.floor(traceKey / 4294967296));
}

/** Key of the id written in ASCII at `bytes[start, end)`. */
export function toTraceKeyOfBytes(bytes: Buffer, start: number, end: number): number {
  return hashBytes(bytes, start, end, TRACE_SEED, 0);
}

export function toSpanKeyOfBytes(traceKey: number, bytes: Buffer, start: number, end: number): number {
  return hashBytes(bytes, start, end, traceKey >>> 0, Math.floor(traceKey / 4294967296));
}

function hashBytes(bytes: Buffer, start: number, end: number, seedA: number, seedB: number): number {
  let at = start;
  while (at < end && bytes[at] === 0x30) {
    at++;
  }
  if (at === end) {
    return 0;
  }
  let a = 0xdeadbeef ^ seedA;
  let b = 0x41c6ce57 ^ seedB;
  let word = 0;
  let digits = 0;
  for (; at < end; at++) {
    const value = HEX_VALUE[bytes[at] ?? 0] ?? 0xff;
    if (value === 0xff) {
      return hashText(bytes.toString('utf8', start, end), seedA, seedB);
    }
    word = (word << 4) | value;
    if ((++digits & 7) === 0) {
      a = Math.imul(a ^ word, 2654435761);
      b = Math.imul(b ^ word, 1597334677);
      a = (a << 13) | (a >>> 19);
      word = 0;
    }
  }
  return finish(a, b, word, digits);
}

function hashText(id: string, seedA: number, seedB: number): number {
  const trimmed = id.trim();
  if (NO_ID.has(trimmed.toLowerCase())) {
    return 0;
  }
  const hex = toHex(trimmed);
  if (hex !== undefined) {
    const bytes = Buffer.from(hex, 'latin1');
    return hashBytes(bytes, 0, bytes.length, seedA, seedB);
  }
  let a = 0xdeadbeef ^ seedA;
  let b = 0x41c6ce57 ^ seedB;
  for (let i = 0; i < trimmed.length; i++) {
    const unit = trimmed.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  return finish(a, b, 0x7fffffff, trimmed.length);
}

function toHex(id: string): string | undefined {
  const bare = id.startsWith('0x') ? id.slice(2) : id.includes('-') ? id.replaceAll('-', '') : id;
  if (/^[0-9a-fA-F]+$/.test(bare)) {
    return bare;
  }
  return BASE64_ID.test(id) ? Buffer.from(id, 'base64').toString('hex') : undefined;
}

/** Never 0, which means "no id". */
function finish(a: number, b: number, word: number, length: number): number {
  let x = a ^ word ^ length;
  let y = b ^ Math.imul(word, 0x85ebca6b) ^ length;
  x = Math.imul(x ^ (x >>> 16), 2246822507) ^ Math.imul(y ^ (y >>> 13), 3266489909);
  y = Math.imul(y ^ (y >>> 16), 2246822507) ^ Math.imul(x ^ (x >>> 13), 3266489909);
  const key = 4294967296 * (2097151 & y) + (x >>> 0);
  return key === 0 ? 1 : key;
}
