import { work } from './blueprint.js';
import type { Random } from '../../core/math/random.js';
import type { NamingStyle } from './systemVocabulary.js';
import type { DraftOperation, DraftService } from './draft.js';

/** A database, cache or queue; the first of a system is a database. */
export function drawStore(
  index: number,
  noun: string,
  style: NamingStyle,
  statements: (noun: string) => readonly string[],
  random: Random,
): DraftService {
  const kind = index === 0 ? 'database' : random.pick(['database', 'database', 'database', 'cache', 'queue'] as const);
  const name = style[kind](noun);
  const medianMs = kind === 'database' ? 2.5 : 0.5;
  return {
    blueprint: { name, kind, language: 'go', replicas: 1, retries: 0 },
    noun,
    index: -1,
    placement: { layer: Infinity, operations: 0, neighbours: 0, calls: 0 },
    operations: drawStatements(kind, name, noun, statements, random).map((text): DraftOperation => ({
      name: text,
      verb: '',
      noun,
      steps: [work(1)],
      workMs: random.logNormal(medianMs, 0.6),
      sigma: random.uniform(0.2, 0.6),
      tree: 1,
    })),
    callers: 0,
  };
}

function drawStatements(
  kind: 'database' | 'cache' | 'queue',
  name: string,
  noun: string,
  statements: (noun: string) => readonly string[],
  random: Random,
): readonly string[] {
  switch (kind) {
    case 'queue':
      return [`send ${name}`];
    case 'cache': {
      const verbs = random.pick([
        ['GET', 'SET', 'MGET', 'DEL'],
        ['HGETALL', 'HSET'],
        ['get', 'set', 'incr'],
      ]);
      return verbs
        .slice(0, random.integer(1, verbs.length))
        .map((verb) => (random.chance(0.5) ? verb : `${verb} ${noun}`))
        .filter(isFirst);
    }
    case 'database': {
      const all = statements(noun);
      return random.shuffle(all).slice(0, random.integer(1, all.length));
    }
  }
}

function isFirst(text: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(text) === index;
}
