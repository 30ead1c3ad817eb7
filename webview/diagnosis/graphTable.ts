import { finiteOr } from '../shared/numberFormat.js';
import type { TextTable } from '../shared/textTable.js';
import { callCount, deviationWords, type ServiceGraph } from './graphModel.js';

/** Who calls whom as a table, furthest from usual first: the text alternative of the service graph. */
export function graphTable(graph: ServiceGraph): TextTable {
  const edges = [...graph.edges].sort((a, b) => finiteOr(b.score, 0) - finiteOr(a.score, 0) || b.calls - a.calls);
  return {
    caption: 'Calls between services, furthest from usual first',
    columns: ['Caller', 'Called', 'Calls', 'Compared with usual'],
    rowCount: edges.length,
    row: (index) => {
      const edge = edges[index];
      return edge === undefined ? [] : [edge.caller, edge.callee, callCount(edge), deviationWords(edge.score)];
    },
  };
}
