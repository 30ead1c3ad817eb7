/**
 * Calls of databases, caches, queues, foreign services and whatever else sends no spans, from the word of their callers' client spans.
 * Without them nothing in a trace speaks of such a callee, and a slow or dead database could not be found as a cause. The name of the
 * callee is `service.peer.name`, `server.address` … in OpenTelemetry's semantic conventions and `remoteEndpoint` in Zipkin's v2 API,
 * which records it so that a trace tells of the other side "even if the peer is not tracing".
 */
import { growU32, growU8 } from '../math/growableArray.js';
import { Numbering } from '../math/numbering.js';
import { ROWS_PER_STEP, type Steps } from '../math/steps.js';
import type { StringTable } from '../math/stringTable.js';
import type { BinBuilder } from './binBuilder.js';
import type { OperationTable } from './operations.js';
import type { SpanTable } from './recordTables.js';
import type { SpanForest } from './spanForest.js';
import { toLogMicros } from './traceAggregator.js';

/**
 * Callees known by name alone that become entities, those called most: far more than systems have databases and foreign services, few
 * enough that a host name per connection does not flood the ranking.
 */
export const MAX_PEER_ENTITIES = 200;
/** Levels of spans of the caller's own below a client span that are searched for the answer: the connection, the HTTP call of an RPC. */
const MAX_INNER_LEVELS = 4;
const NONE = -1;

/** `unanswered`: no span of another service below. `other`: another service than the named one answered, or an inner call says more. */
type Answer = 'unanswered' | 'named' | 'other';

interface CallKeys {
  /** Calls of the peer by an operation, answered or not. */
  readonly denominator: number;
  readonly missing: number;
  /** `NONE` until a call went unanswered. */
  failures: number;
  gap: number;
}

export class PeerCalls {
  private readonly keyNumbers = new Numbering();
  private readonly keys: CallKeys[] = [];
  private readonly leftOut = new Set<number>();
  private admitted = 0;

  private readonly bins: BinBuilder;
  private readonly operations: OperationTable;
  private readonly services: StringTable;
  private readonly names: StringTable;

  /** @param names peers as `SpanTable.peer` numbers them; those that are no service yet join `services` when they are called */
  constructor(bins: BinBuilder, operations: OperationTable, services: StringTable, names: StringTable) {
    this.bins = bins;
    this.operations = operations;
    this.services = services;
    this.names = names;
  }

  /** Names that found no room among the entities. */
  get leftOutCount(): number {
    return this.leftOut.size;
  }

  *add(table: SpanTable, forest: SpanForest, operationOfRow: Uint32Array): Steps<void> {
    const peer = table.peer.view();
    const service = table.service.view();
    const entityOfName = this.findEntities();
    const rows = growU32();
    const unanswered = growU8();
    const callsOfUnknown = new Map<number, number>();
    for (let row = 0; row < table.length; row++) {
      if (row % ROWS_PER_STEP === 0) {
        yield;
      }
      const name = (peer[row] ?? 0) - 1;
      const entity = name < 0 ? NONE : (entityOfName[name] ?? NONE);
      if (name < 0 || entity === service[row]) {
        continue;
      }
      const answer = findAnswer(row, entity, forest, service, peer, MAX_INNER_LEVELS);
      if (answer === 'other') {
        continue;
      }
      rows.push(row);
      unanswered.push(answer === 'unanswered' ? 1 : 0);
      if (entity === NONE) {
        callsOfUnknown.set(name, (callsOfUnknown.get(name) ?? 0) + 1);
      }
    }
    this.admit(callsOfUnknown, entityOfName);
    const { length } = rows;
    for (let i = 0; i < length; i++) {
      if (i % ROWS_PER_STEP === 0) {
        yield;
      }
      const row = rows.at(i);
      const entity = entityOfName[(peer[row] ?? 0) - 1] ?? NONE;
      if (entity !== NONE) {
        this.addCall(table, row, operationOfRow[row] ?? 0, entity, unanswered.at(i) === 1);
      }
    }
  }

  /** Entity of each peer's name, `NONE` where no record carries the name. */
  private findEntities(): Int32Array {
    const known = new Map(this.services.values.map((name, id) => [name.toLowerCase(), id]));
    return Int32Array.from(this.names.values, (name) => known.get(name.toLowerCase()) ?? NONE);
  }

  private admit(calls: ReadonlyMap<number, number>, entityOfName: Int32Array): void {
    const byCalls = [...calls].sort(([a, aCalls], [b, bCalls]) => bCalls - aCalls || (this.names.get(a) < this.names.get(b) ? -1 : 1));
    for (const [name] of byCalls) {
      if (this.admitted < MAX_PEER_ENTITIES) {
        this.admitted++;
        this.leftOut.delete(name);
        entityOfName[name] = this.services.idOf(this.names.get(name));
      } else {
        this.leftOut.add(name);
      }
    }
  }

  private addCall(table: SpanTable, row: number, operation: number, entity: number, isUnanswered: boolean): void {
    const bin = this.bins.toBin(table.startNs.at(row));
    const file = table.file.at(row);
    const line = table.line.at(row);
    const keys = this.keysOf(operation, entity);
    this.bins.denominators.add(keys.denominator, bin, 1, file, line);
    if (!isUnanswered) {
      return;
    }
    this.bins.rates.add(keys.missing, bin, 1, file, line);
    this.bins.calls.add(this.bins.edgeId(this.operations.serviceOf(operation), entity), bin, 1, file, line);
    // All of the span is time between its service and the callee: the callee has no span to subtract.
    this.bins.moments.add(this.gapKey(keys, operation, entity), bin, toLogMicros(table.durationNs.at(row)), file, line);
    const failures = this.failureKey(keys, operation, entity);
    if (table.failed.at(row) === 1) {
      this.bins.rates.add(failures, bin, 1, file, line);
    }
  }

  private keysOf(operation: number, entity: number): CallKeys {
    const place = this.keyNumbers.idOf(operation, entity, () => {
      const denominator = this.bins.addDenominator();
      // A database never answers with a span, so this rate is 1 and never deviates; that of a traced callee jumps when it dies.
      const missing = this.bins.addRateKey({
        family: 'trace-missing',
        entity,
        denominator,
        text: this.operations.nameOf(operation),
        label: `call of ${this.services.get(entity)} by ${this.operations.describe(operation)} got no answer`,
        alsoBlames: -1,
      });
      return this.keys.push({ denominator, missing, failures: NONE, gap: NONE }) - 1;
    });
    const keys = this.keys[place];
    if (keys === undefined) {
      throw new RangeError(`keys of call ${place} of ${this.keys.length}`);
    }
    return keys;
  }

  private failureKey(keys: CallKeys, operation: number, entity: number): number {
    if (keys.failures === NONE) {
      keys.failures = this.bins.addRateKey({
        family: 'trace-errors',
        entity,
        denominator: keys.denominator,
        text: this.operations.nameOf(operation),
        label: `failure of ${this.operations.describe(operation)}, which calls ${this.services.get(entity)}`,
        alsoBlames: -1,
      });
    }
    return keys.failures;
  }

  private gapKey(keys: CallKeys, operation: number, entity: number): number {
    if (keys.gap === NONE) {
      keys.gap = this.bins.addMomentKey({
        family: 'trace-gap',
        part: 'gap',
        entity: this.operations.serviceOf(operation),
        peer: entity,
        text: this.operations.nameOf(operation),
        label: `time between ${this.operations.describe(operation)} and ${this.services.get(entity)}`,
      });
    }
    return keys.gap;
  }
}

/**
 * A child of another service answers the call. Where it is not the named one (a proxy's or a load balancer's name), the child is
 * right. Spans of the caller's own in between are looked through; one that names a peer itself is the call proper.
 * @param entity the named callee, -1 when no record carries its name
 */
function findAnswer(row: number, entity: number, forest: SpanForest, service: Uint32Array, peer: Uint32Array, levels: number): Answer {
  let answer: Answer = 'unanswered';
  for (let at = forest.offsets[row] ?? 0; at < (forest.offsets[row + 1] ?? 0); at++) {
    const child = forest.children[at] ?? 0;
    let below: Answer = 'unanswered';
    if (service[child] !== service[row]) {
      below = service[child] === entity ? 'named' : 'other';
    } else if (peer[child] !== 0) {
      below = 'other';
    } else if (levels > 1) {
      below = findAnswer(child, entity, forest, service, peer, levels - 1);
    }
    if (below === 'named') {
      return 'named';
    }
    answer = below === 'other' ? 'other' : answer;
  }
  return answer;
}
