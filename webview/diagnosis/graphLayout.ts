import { layersOf, type ServiceGraph } from './graphModel.js';

/** A service as a box with its name inside; CSS pixels. */
export interface NodeBox {
  readonly entity: string;
  readonly score: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface GraphLayout {
  readonly boxes: readonly NodeBox[];
  readonly width: number;
  readonly height: number;
}

const BOX_HEIGHT = 24;
const COLUMN_GAP = 12;
/** Between rows of one layer, and between layers, where the edges need room. */
const ROW_GAP = 14;
const LAYER_GAP = 34;
const MARGIN = 6;
const SWEEPS = 4;

/**
 * Callers above callees. Within a layer services stand near their callers (barycentre sweeps), and a layer too wide for the panel breaks
 * into rows, so that no two boxes, and so no two names, overlap at any width.
 * @param widthOf width of a service's box; at most the panel's width is used.
 */
export function layoutGraph(graph: ServiceGraph, panelWidth: number, widthOf: (entity: string) => number): GraphLayout {
  const layers = orderLayers(graph);
  const inner = Math.max(80, panelWidth - 2 * MARGIN);
  const scores = new Map(graph.nodes.map((node) => [node.entity, node.score]));
  const boxes: NodeBox[] = [];
  let y = MARGIN;
  for (const layer of layers) {
    for (const row of breakRows(layer, inner, widthOf)) {
      const total = row.reduce((sum, entity) => sum + Math.min(inner, widthOf(entity)), 0) + COLUMN_GAP * (row.length - 1);
      let x = MARGIN + (inner - total) / 2;
      for (const entity of row) {
        const width = Math.min(inner, widthOf(entity));
        boxes.push({ entity, score: scores.get(entity) ?? 0, x, y, width, height: BOX_HEIGHT });
        x += width + COLUMN_GAP;
      }
      y += BOX_HEIGHT + ROW_GAP;
    }
    y += LAYER_GAP - ROW_GAP;
  }
  return { boxes, width: panelWidth, height: Math.max(0, y - LAYER_GAP + MARGIN) };
}

function orderLayers(graph: ServiceGraph): readonly (readonly string[])[] {
  const layerOf = layersOf(graph);
  const layers: string[][] = [];
  for (const node of graph.nodes) {
    (layers[layerOf.get(node.entity) ?? 0] ??= []).push(node.entity);
  }
  const place = new Map<string, number>();
  const remember = (): void => {
    for (const layer of layers) {
      layer.forEach((entity, index) => place.set(entity, (index + 0.5) / layer.length));
    }
  };
  remember();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers) {
      const wanted = new Map(layer.map((entity) => [entity, meanPlace(graph, entity, place, sweep % 2 === 0)]));
      layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      remember();
    }
  }
  return layers.filter((layer) => layer.length > 0);
}

/** Mean place of the callers (or callees) of a service; its own when it has none. */
function meanPlace(graph: ServiceGraph, entity: string, place: ReadonlyMap<string, number>, byCallers: boolean): number {
  let sum = 0;
  let count = 0;
  for (const edge of graph.edges) {
    const other = byCallers && edge.callee === entity ? edge.caller : !byCallers && edge.caller === entity ? edge.callee : undefined;
    if (other !== undefined && other !== entity) {
      sum += place.get(other) ?? 0;
      count++;
    }
  }
  return count === 0 ? (place.get(entity) ?? 0) : sum / count;
}

function breakRows(layer: readonly string[], inner: number, widthOf: (entity: string) => number): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let used = Infinity;
  for (const entity of layer) {
    const width = Math.min(inner, widthOf(entity));
    if (used + COLUMN_GAP + width > inner) {
      rows.push([entity]);
      used = width;
    } else {
      rows.at(-1)?.push(entity);
      used += COLUMN_GAP + width;
    }
  }
  return rows;
}

/** A curve from the lower edge of the caller to the upper edge of the callee; beside the boxes when the callee is not below. */
export function edgePath(from: NodeBox, to: NodeBox): string {
  const startX = from.x + from.width / 2;
  const endX = to.x + to.width / 2;
  const round = (value: number): number => Math.round(value * 10) / 10;
  if (to.y > from.y) {
    const startY = from.y + from.height;
    const bend = (to.y - startY) / 2;
    return `M${round(startX)},${round(startY)}C${round(startX)},${round(startY + bend)} ${round(endX)},${round(to.y - bend)} ${round(endX)},${round(to.y)}`;
  }
  const side = Math.max(from.x + from.width, to.x + to.width) + 10;
  const [fromY, toY] = [from.y + from.height / 2, to.y + to.height / 2];
  return `M${round(from.x + from.width)},${round(fromY)}C${round(side)},${round(fromY)} ${round(side)},${round(toY)} ${round(to.x + to.width)},${round(toY)}`;
}
