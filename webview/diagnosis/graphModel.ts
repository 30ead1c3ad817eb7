import type { GraphEdgeView, GraphNodeView } from '../../src/protocol/views.js';
import { finiteOr, formatCount } from '../shared/numberFormat.js';

/** The service graph, or the part of it that is shown. */
export interface ServiceGraph {
  readonly nodes: readonly GraphNodeView[];
  readonly edges: readonly GraphEdgeView[];
}

/** Above this many services only the neighbourhood of the likely causes is shown at first. */
export const WHOLE_GRAPH_LIMIT = 14;
/** Calibrated deviation from which an edge counts as unusual: 1 is the 95 % quantile of usual slices. */
export const UNUSUAL = 1;

/** How far a service or a call is from usual, in words. */
export function deviationWords(score: number): string {
  return Number.isFinite(score) && score >= UNUSUAL ? `${score.toFixed(1)} times the usual range` : 'within the usual range';
}

/** How many spans tell of the calls, or that none does. */
export function callCount({ calls }: GraphEdgeView): string {
  return calls > 0 ? formatCount(calls) : 'told by metrics';
}

export function edgeKey(edge: { readonly caller: string; readonly callee: string }): string {
  return `${edge.caller}\n${edge.callee}`;
}

/**
 * The way from a root caller down to a cause that carries most deviation (Dijkstra, an edge costs 1 / (1 + score)), and the unusual
 * edges into and out of the cause.
 * @returns keys of edges (`edgeKey`); empty when the cause is not in the graph or nothing calls it.
 */
export function abnormalPath(graph: ServiceGraph, cause: string | null): ReadonlySet<string> {
  const keys = new Set<string>();
  if (cause === null || !graph.nodes.some((node) => node.entity === cause)) {
    return keys;
  }
  for (const edge of graph.edges) {
    if ((edge.caller === cause || edge.callee === cause) && finiteOr(edge.score, 0) >= UNUSUAL) {
      keys.add(edgeKey(edge));
    }
  }
  const callersOf = groupBy(graph.edges, (edge) => edge.callee);
  const cost = new Map([[cause, 0]]);
  const towards = new Map<string, GraphEdgeView>();
  const open = new Set([cause]);
  const settled = new Set<string>();
  while (open.size > 0) {
    const current = [...open].reduce((best, name) => ((cost.get(name) ?? Infinity) < (cost.get(best) ?? Infinity) ? name : best));
    open.delete(current);
    settled.add(current);
    const callers = (callersOf.get(current) ?? []).filter((edge) => edge.caller !== current);
    if (callers.length === 0) {
      for (let at = current; at !== cause;) {
        const edge = towards.get(at);
        if (edge === undefined) {
          break;
        }
        keys.add(edgeKey(edge));
        at = edge.callee;
      }
      return keys;
    }
    for (const edge of callers) {
      const next = (cost.get(current) ?? 0) + 1 / (1 + Math.max(0, finiteOr(edge.score, 0)));
      if (!settled.has(edge.caller) && next < (cost.get(edge.caller) ?? Infinity)) {
        cost.set(edge.caller, next);
        towards.set(edge.caller, edge);
        open.add(edge.caller);
      }
    }
  }
  return keys;
}

/** The causes, what they call, what calls them, and the way down to the first of them; at most `limit` services, nearest first. */
export function neighbourhood(graph: ServiceGraph, causes: readonly string[], limit: number): ServiceGraph {
  const known = new Set(graph.nodes.map((node) => node.entity));
  const chosen = new Set(causes.filter((cause) => known.has(cause)).slice(0, 3));
  const path = abnormalPath(graph, causes[0] ?? null);
  for (const edge of graph.edges) {
    if (path.has(edgeKey(edge))) {
      chosen.add(edge.caller);
      chosen.add(edge.callee);
    }
  }
  const around = graph.edges
    .filter((edge) => causes.slice(0, 3).includes(edge.caller) || causes.slice(0, 3).includes(edge.callee))
    .sort((a, b) => finiteOr(b.score, 0) - finiteOr(a.score, 0) || b.calls - a.calls);
  for (const edge of around) {
    for (const entity of [edge.caller, edge.callee]) {
      if (chosen.size < limit && known.has(entity)) {
        chosen.add(entity);
      }
    }
  }
  return {
    nodes: graph.nodes.filter((node) => chosen.has(node.entity)),
    edges: graph.edges.filter((edge) => chosen.has(edge.caller) && chosen.has(edge.callee)),
  };
}

/**
 * The layer of each service: 0 for root callers, else one below its lowest caller. Calls that close a cycle are left out of the count,
 * so recursion and mutual calls end.
 */
export function layersOf(graph: ServiceGraph): ReadonlyMap<string, number> {
  const calleesOf = groupBy(
    graph.edges.filter((edge) => edge.caller !== edge.callee),
    (edge) => edge.caller,
  );
  const called = new Set(graph.edges.filter((edge) => edge.caller !== edge.callee).map((edge) => edge.callee));
  const names = graph.nodes.map((node) => node.entity);
  const starts = [...names.filter((name) => !called.has(name)), ...names];
  const mark = new Map<string, 'open' | 'done'>();
  const order: string[] = [];
  const forward: GraphEdgeView[] = [];
  // Depth first with a stack of its own, because call chains of a generated graph can be deeper than the language's stack.
  for (const start of starts) {
    const stack: { readonly name: string; next: number }[] = [];
    if (!mark.has(start)) {
      stack.push({ name: start, next: 0 });
      mark.set(start, 'open');
    }
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = calleesOf.get(top.name)?.[top.next++];
      if (edge === undefined) {
        mark.set(top.name, 'done');
        order.push(top.name);
        stack.pop();
      } else if (mark.get(edge.callee) !== 'open') {
        forward.push(edge);
        if (!mark.has(edge.callee)) {
          mark.set(edge.callee, 'open');
          stack.push({ name: edge.callee, next: 0 });
        }
      }
    }
  }
  const forwardFrom = groupBy(forward, (edge) => edge.caller);
  const layers = new Map(names.map((name) => [name, 0]));
  for (const name of order.reverse()) {
    for (const edge of forwardFrom.get(name) ?? []) {
      layers.set(edge.callee, Math.max(layers.get(edge.callee) ?? 0, (layers.get(name) ?? 0) + 1));
    }
  }
  return layers;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) {
      groups.set(keyOf(item), [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}
