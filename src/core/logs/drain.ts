/**
 * Drain-style clustering of message shapes into templates (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree",
 * ICWS 2017), with two differences: it clusters *distinct shapes* instead of lines, and each batch in sorted order, so the same set
 * of shapes gives the same templates in whatever order it arrives.
 */

/** Share of equal tokens from which two shapes of one length belong together (Drain's `st`). */
const SIMILARITY = 0.6;
/** Leading tokens that have to be equal (Drain's tree depth): level, logger or first words. */
const PREFIX_TOKENS = 2;
/**
 * Words that differ are what tells `checkout started` from `checkout failed`: shapes that differ in a plain word stay apart until a
 * group (same length, same leading tokens) has this many templates, which means that the word is a value.
 */
const WORDS_VARY_FROM = 20;
/** Distinct shapes beyond this share one overflow template. */
export const DEFAULT_MAX_SHAPES = 200_000;
export const WILDCARD = '<*>';

export interface LogTemplate {
  /** Counts from 0 in the order in which templates were found. */
  readonly id: number;
  /** Shape with `<*>` where its members differ. */
  readonly text: string;
  /**
   * Hash (16 hex digits) of the first shape of the template in sorted order: does not change when members are added, so it names the
   * template between runs that see the same first batch.
   */
  readonly key: string;
  /** Distinct shapes in the template. */
  readonly shapes: number;
}

export interface TemplateMiner {
  /** Template id of each shape; shapes seen before keep theirs. */
  add(shapes: readonly string[]): number[];
  /** Text of a template. @throws RangeError for an id that was never given */
  textOf(template: number): string;
  readonly templates: readonly LogTemplate[];
  /** Distinct shapes that came after the limit: they share the template `OVERFLOW_TEMPLATE`. Show it to the user when it is not 0. */
  readonly overflowed: number;
}

export const OVERFLOW_TEMPLATE = '<messages beyond the limit of distinct shapes>';

interface Cluster {
  readonly id: number;
  tokens: string[];
  readonly key: string;
  shapes: number;
}

/** @param options.maxShapes distinct shapes that are clustered; further ones are counted in `overflowed` */
export function createTemplateMiner(options: { readonly maxShapes?: number } = {}): TemplateMiner {
  const maxShapes = options.maxShapes ?? DEFAULT_MAX_SHAPES;
  const idOfShape = new Map<string, number>();
  const groups = new Map<string, Cluster[]>();
  const clusters: Cluster[] = [];
  let overflowId = -1;
  let overflowed = 0;

  const createCluster = (shape: string, tokens: string[]): Cluster => {
    const cluster: Cluster = { id: clusters.length, tokens, key: hashShape(shape), shapes: 0 };
    clusters.push(cluster);
    return cluster;
  };

  const assign = (shape: string): number => {
    if (idOfShape.size >= maxShapes) {
      overflowed++;
      if (overflowId < 0) {
        overflowId = createCluster(OVERFLOW_TEMPLATE, [OVERFLOW_TEMPLATE]).id;
      }
      return overflowId;
    }
    const tokens = shape.split(' ');
    const groupKey = toGroupKey(tokens);
    let group = groups.get(groupKey);
    if (group === undefined) {
      group = [];
      groups.set(groupKey, group);
    }
    let cluster = findMostSimilar(group, tokens);
    if (cluster === undefined) {
      cluster = createCluster(shape, tokens);
      group.push(cluster);
    } else {
      cluster.tokens = mergeTokens(cluster.tokens, tokens);
    }
    cluster.shapes++;
    idOfShape.set(shape, cluster.id);
    return cluster.id;
  };

  return {
    add(shapes) {
      const fresh = [...new Set(shapes.filter((shape) => !idOfShape.has(shape)))].sort();
      const assigned = new Map(fresh.map((shape) => [shape, assign(shape)]));
      return shapes.map((shape) => idOfShape.get(shape) ?? assigned.get(shape) ?? overflowId);
    },
    textOf(template) {
      const cluster = clusters[template];
      if (cluster === undefined) {
        throw new RangeError(`no template ${template}, there are ${clusters.length}`);
      }
      return cluster.tokens.join(' ');
    },
    get templates() {
      return clusters.map(({ id, tokens, key, shapes }) => ({ id, text: tokens.join(' '), key, shapes }));
    },
    get overflowed() {
      return overflowed;
    },
  };
}

/** Length and leading tokens; a leading token that varies (placeholder or digits) does not divide. */
function toGroupKey(tokens: readonly string[]): string {
  const prefix = tokens.slice(0, PREFIX_TOKENS).map((token) => (/<[a-z]+>|\d/.test(token) && !/#\d+$/.test(token) ? WILDCARD : token));
  return `${tokens.length} ${prefix.join(' ')}`;
}

/** Ties go to the older cluster. */
function findMostSimilar(group: readonly Cluster[], tokens: readonly string[]): Cluster | undefined {
  let best: Cluster | undefined;
  let bestShare = 0;
  const wordsVary = group.length >= WORDS_VARY_FROM;
  for (const cluster of group) {
    const share = equalShare(cluster.tokens, tokens);
    if (share > bestShare && (wordsVary || !differsInWord(cluster.tokens, tokens))) {
      best = cluster;
      bestShare = share;
    }
  }
  return bestShare >= SIMILARITY ? best : undefined;
}

/** Share of positions with the same token; a wildcard matches but counts for nothing, as in Drain. Both have the same length ≥ 1. */
function equalShare(template: readonly string[], tokens: readonly string[]): number {
  let equal = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (template[i] === tokens[i] && template[i] !== WILDCARD) {
      equal++;
    }
  }
  return equal / tokens.length;
}

/** Whether some position holds a plain word on one side and something else on the other. */
function differsInWord(template: readonly string[], tokens: readonly string[]): boolean {
  return tokens.some((token, i) => {
    const other = template[i] ?? '';
    return token !== other && other !== WILDCARD && (isWord(token) || isWord(other));
  });
}

function isWord(token: string): boolean {
  return /^[\p{L}_'-]+[.,:;!?)\]]*$/u.test(token);
}

function mergeTokens(template: readonly string[], tokens: readonly string[]): string[] {
  return template.map((token, i) => (token === tokens[i] ? token : WILDCARD));
}

/** 64 bits as 16 hex digits: two rounds of FNV-1a with different bases. */
export function hashShape(shape: string): string {
  return fnv1a(shape, 0x811c9dc5) + fnv1a(shape, 0x01000193 ^ shape.length);
}

function fnv1a(text: string, basis: number): string {
  let hash = basis >>> 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
