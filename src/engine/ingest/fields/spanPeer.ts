/**
 * The callee that a span's attributes name. Databases, caches, queues and foreign services have no spans of their own: what their
 * callers write about them is all that traces know of them.
 * Sources: OpenTelemetry semantic conventions (`service.peer.name`, earlier `peer.service`; `server.address`, earlier `net.peer.name`;
 * `messaging.destination.name`) and those of OpenTracing (`peer.hostname`, `peer.address`, `db.instance`).
 */
import { toPeerName, type PeerSource } from './peerNames.js';
import type { RecordSink } from '../recordSink.js';

/** Of keys of one source the first that holds a name decides; the name of a database stands last, for where its host has none. */
const KEYS: Readonly<Record<PeerSource, readonly string[]>> = {
  service: ['service.peer.name', 'peer.service'],
  host: ['server.address', 'net.peer.name', 'net.sock.peer.name', 'peer.hostname', 'peer.address', 'db.instance'],
  queue: ['messaging.destination.name', 'messaging.destination'],
};
const RANKS: ReadonlyMap<unknown, { readonly source: PeerSource; readonly rank: number }> = new Map(
  (['service', 'host', 'queue'] as const).flatMap((source) => KEYS[source].map((key, rank) => [key, { source, rank }] as const)),
);
/** Distinct spellings kept with their names; a host per connection must not fill the memory. */
const KEPT_NAMES = 10_000;

/** `none`: a span that serves, consumes or stays inside; whom it names is not a callee. */
export type CallKind = 'client' | 'producer' | 'unset' | 'none';

const KINDS: ReadonlyMap<unknown, CallKind> = new Map<unknown, CallKind>([
  [3, 'client'],
  ['3', 'client'],
  ['client', 'client'],
  [4, 'producer'],
  ['4', 'producer'],
  ['producer', 'producer'],
  [undefined, 'unset'],
  [0, 'unset'],
  ['0', 'unset'],
  ['', 'unset'],
  ['unspecified', 'unset'],
]);

/** Kinds of all formats: OTLP's numbers and enum names, Zipkin's upper and OpenTracing's lower case. */
export function toCallKind(kind: unknown): CallKind {
  return KINDS.get(typeof kind === 'string' ? kind.toLowerCase().replace('span_kind_', '') : (kind ?? undefined)) ?? 'none';
}

interface Candidate {
  rank: number;
  name: string;
}

/** Reads the attributes of one span after the other: `begin`, `see` each, `take`. */
export class SpanPeer {
  readonly #sink: RecordSink;
  readonly #names: Readonly<Record<PeerSource, Map<string, string>>> = { service: new Map(), host: new Map(), queue: new Map() };
  readonly #best: Readonly<Record<PeerSource, Candidate>> = {
    service: { rank: Infinity, name: '' },
    host: { rank: Infinity, name: '' },
    queue: { rank: Infinity, name: '' },
  };
  #callsDatabase = false;
  #isPassing = false;
  #kind: unknown;

  public constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  public begin(): void {
    for (const source of ['service', 'host', 'queue'] as const) {
      this.#best[source].rank = Infinity;
      this.#best[source].name = '';
    }
    this.#callsDatabase = false;
    this.#isPassing = false;
    this.#kind = undefined;
  }

  public see(key: unknown, value: unknown): void {
    const found = RANKS.get(key);
    if (found !== undefined) {
      const best = this.#best[found.source];
      const name = typeof value === 'string' && found.rank < best.rank ? this.#nameOf(value, found.source) : '';
      if (name !== '') {
        best.rank = found.rank;
        best.name = name;
      }
    } else if (key === 'span.kind') {
      this.#kind = value;
    } else if (key === 'db.system' || key === 'db.system.name' || key === 'db.type') {
      this.#callsDatabase = true;
    } else if (key === 'messaging.destination.temporary' || key === 'messaging.destination.anonymous') {
      this.#isPassing = value === true || value === 'true';
    }
  }

  /**
   * Where the kind is unset, a host may as well be the span's own (`server.address` of a server span): it counts only where the span
   * says that it calls a database.
   * @param kind of the span where it is a field of its own; else the tag `span.kind` decides
   * @returns string id + 1 of the callee, 0 when none is named
   */
  public take(kind: CallKind = toCallKind(this.#kind)): number {
    const { service, host, queue } = this.#best;
    if (kind === 'none') {
      return 0;
    }
    const hostName = kind === 'unset' && !this.#callsDatabase ? '' : host.name;
    return this.#sink.internPeer(service.name || hostName || (kind === 'producer' && !this.#isPassing ? queue.name : ''));
  }

  #nameOf(text: string, source: PeerSource): string {
    const names = this.#names[source];
    let name = names.get(text);
    if (name === undefined) {
      name = toPeerName(text, source);
      if (names.size >= KEPT_NAMES) {
        names.clear();
      }
      names.set(text, name);
    }
    return name;
  }
}
