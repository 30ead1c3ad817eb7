import * as d3 from 'd3';
import { svgElement } from '../shared/dom.js';
import { estimateTextWidth, shorten } from '../shared/placeLabels.js';
import { edgePath, layoutGraph, type NodeBox } from './graphLayout.js';
import { abnormalPath, callCount, deviationWords, edgeKey, UNUSUAL, type ServiceGraph } from './graphModel.js';

export interface GraphActions {
  readonly select: (entity: string) => void;
  readonly hover: (entity: string | null) => void;
}

export interface GraphMarks {
  /** Likely causes, best first; the first three carry their rank. */
  readonly causes: readonly string[];
  readonly selected: string | null;
}

const FONT_SIZE = 11;
const MAX_CHARACTERS = 28;
/** Room beside the name for the rank and the padding. */
const BOX_PADDING = 18;
const RANK_WIDTH = 16;

/** The service graph: callers above, the abnormal way down to the first cause thick, ranks on the likely causes. */
export function drawGraph(graph: ServiceGraph, width: number, marks: GraphMarks, actions: GraphActions): SVGSVGElement {
  const ranks = new Map(marks.causes.slice(0, 3).map((entity, index) => [entity, index + 1]));
  const widthOf = (entity: string): number =>
    estimateTextWidth(shorten(entity, MAX_CHARACTERS), FONT_SIZE) + BOX_PADDING + (ranks.has(entity) ? RANK_WIDTH : 0);
  const layout = layoutGraph(graph, width, widthOf);
  const boxes = new Map(layout.boxes.map((box) => [box.entity, box]));
  const svg = svgElement('svg', { class: 'graph', width: layout.width, height: layout.height, role: 'group' });
  svg.setAttribute('aria-label', `Calls between ${graph.nodes.length} services, callers above. Tab moves through the services.`);
  const root = d3.select(svg);
  drawArrowHeads(root);
  const path = abnormalPath(graph, marks.causes[0] ?? null);
  const edges = graph.edges.flatMap((edge) => {
    const [from, to] = [boxes.get(edge.caller), boxes.get(edge.callee)];
    return from === undefined || to === undefined || from === to ? [] : [{ edge, from, to, onPath: path.has(edgeKey(edge)) }];
  });
  const line = root
    .append('g')
    .attr('class', 'edges')
    .selectAll('path')
    .data([...edges].sort((a, b) => Number(a.onPath) - Number(b.onPath)))
    .join('path')
    .attr('class', ({ edge, onPath }) => (onPath ? 'edge path' : edge.score >= UNUSUAL ? 'edge unusual' : 'edge'))
    .attr('marker-end', ({ onPath }) => (onPath ? 'url(#arrow-path)' : 'url(#arrow)'))
    .attr('d', ({ from, to }) => edgePath(from, to));
  line
    .append('title')
    .text(
      ({ edge }) =>
        `${edge.caller} calls ${edge.callee}: ${callCount(edge)}${edge.calls > 0 ? ' calls' : ''}, ${deviationWords(edge.score)}`,
    );
  const node = root
    .append('g')
    .selectAll('g')
    .data(layout.boxes)
    .join('g')
    .attr('class', (box) => nodeClass(box, ranks, marks.selected))
    .attr('transform', (box) => `translate(${Math.round(box.x)},${Math.round(box.y)})`)
    .attr('tabindex', 0)
    .attr('role', 'button')
    .attr('data-entity', (box) => box.entity)
    .attr('aria-label', (box) => nodeLabel(box, ranks));
  node.append('title').text((box) => nodeLabel(box, ranks));
  node
    .append('rect')
    .attr('width', (box) => box.width)
    .attr('height', (box) => box.height)
    .attr('rx', 3);
  const ranked = node.filter((box) => ranks.has(box.entity));
  ranked.append('circle').attr('class', 'rank').attr('cx', 14).attr('cy', 12).attr('r', 8);
  ranked
    .append('text')
    .attr('class', 'rank-number')
    .attr('x', 14)
    .attr('y', 16)
    .attr('text-anchor', 'middle')
    .text((box) => ranks.get(box.entity) ?? '');
  node
    .append('text')
    .attr('x', (box) => (ranks.has(box.entity) ? 10 + RANK_WIDTH : 9))
    .attr('y', 16)
    .text((box) => nameIn(box, ranks.has(box.entity)));
  node
    .on('click', (_, box) => {
      actions.select(box.entity);
    })
    .on('keydown', (event: KeyboardEvent, box) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        event.stopPropagation();
        actions.select(box.entity);
      }
    })
    .on('pointerenter focus', (_, box) => {
      actions.hover(box.entity);
    })
    .on('pointerleave blur', () => {
      actions.hover(null);
    });
  return svg;
}

function drawArrowHeads(root: d3.Selection<SVGSVGElement, unknown, null, undefined>): void {
  root
    .append('defs')
    .selectAll('marker')
    .data(['arrow', 'arrow-path'])
    .join('marker')
    .attr('id', (id) => id)
    .attr('class', (id) => id)
    .attr('viewBox', '0 0 8 8')
    .attr('refX', 7)
    .attr('refY', 4)
    .attr('markerWidth', 8)
    .attr('markerHeight', 8)
    .attr('markerUnits', 'userSpaceOnUse')
    .attr('orient', 'auto')
    .append('path')
    .attr('d', 'M0,0L8,4L0,8Z');
}

/** The name as far as the box has room; a box is narrower than its name only in a panel that is narrower than it. */
function nameIn(box: NodeBox, ranked: boolean): string {
  const room = box.width - BOX_PADDING - (ranked ? RANK_WIDTH : 0);
  const characterWidth = estimateTextWidth('x', FONT_SIZE);
  return shorten(box.entity, Math.min(MAX_CHARACTERS, Math.floor(room / characterWidth + 0.5)));
}

function nodeClass(box: NodeBox, ranks: ReadonlyMap<string, number>, selected: string | null): string {
  const kind = ranks.get(box.entity) === 1 ? 'first' : ranks.has(box.entity) ? 'ranked' : box.score >= UNUSUAL ? 'unusual' : '';
  return `node ${kind}${box.entity === selected ? ' selected' : ''}`;
}

function nodeLabel(box: NodeBox, ranks: ReadonlyMap<string, number>): string {
  const rank = ranks.get(box.entity);
  return `${box.entity}: ${deviationWords(box.score)}${rank === undefined ? '' : `, number ${rank} of the likely causes`}`;
}
