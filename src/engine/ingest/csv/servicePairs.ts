/** Tables whose columns are calls between two services: `frontend_cartservice`. */
export interface ServicePair {
  /** Service that the series belongs to. */
  readonly entity: string;
  readonly peer: string;
  /** What the peer is to the entity. */
  readonly peerRole: 'caller' | 'callee';
}

const PAIR = /^([a-z][a-z0-9-]*)_([a-z][a-z0-9-]*)$/;

/**
 * The series belongs to the side that measured it: the caller where the file's name says source, client or caller, the callee where
 * it says destination, server or callee, and the callee where it says nothing (a slow or failing callee is what such a series shows).
 * Columns count as pairs when the file's name says so, or when there are three or more and some service is both caller and callee
 * (so `cpu_usage` and `memory_usage` are no pairs).
 * @returns pair by column; empty unless every value column is a pair
 */
export function findServicePairs(names: readonly string[], columns: readonly number[], stem: string): ReadonlyMap<number, ServicePair> {
  const side = /(?:^|[_.-])(?:source|src|client|caller|outbound)(?:[_.-]|$)/i.test(stem)
    ? 'caller'
    : /(?:^|[_.-])(?:destination|dest|dst|server|callee|inbound)(?:[_.-]|$)/i.test(stem)
      ? 'callee'
      : undefined;
  const callers = new Set<string>();
  const callees = new Set<string>();
  const pairs = new Map<number, ServicePair>();
  for (const column of columns) {
    const [, caller, callee] = PAIR.exec(names[column] ?? '') ?? [];
    if (caller === undefined || callee === undefined) {
      return new Map();
    }
    callers.add(caller);
    callees.add(callee);
    pairs.set(
      column,
      side === 'caller' ? { entity: caller, peer: callee, peerRole: 'callee' } : { entity: callee, peer: caller, peerRole: 'caller' },
    );
  }
  const isGraph = columns.length >= 3 && [...callers].some((name) => callees.has(name));
  return side !== undefined || isGraph ? pairs : new Map();
}
