import { randomBytes } from 'node:crypto';

/** `20261123-111530-3fa2`: UTC start and four random digits, so that two processes never share one. */
export function createRunName(nowMs: number = Date.now()): { readonly name: string; readonly createdNs: bigint } {
  const [date = '', time = ''] = new Date(nowMs).toISOString().split('T');
  const name = `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
  return { name, createdNs: BigInt(nowMs) * 1_000_000n };
}
