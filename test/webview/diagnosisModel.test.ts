import { describe, expect, it } from 'vitest';
import { formatCount, formatPercent, formatProbability, pluralise, probabilityWords } from '../../webview/shared/numberFormat.js';
import { overlaps } from '../../webview/shared/placeLabels.js';
import { splitSentence } from '../../webview/shared/sentence.js';
import { causeBars, fileName, isAbnormal, likelyTypes, orderEvidence, placeOf } from '../../webview/diagnosis/model.js';
import { abnormalPath, edgeKey, layersOf, neighbourhood } from '../../webview/diagnosis/graphModel.js';
import { edgePath, layoutGraph } from '../../webview/diagnosis/graphLayout.js';
import { diagnosisFixture } from './fixtures/diagnosisFixture.js';

const cause = (entity: string, score: number, log = 1, trace = 1, metric = 2): Parameters<typeof causeBars>[0][number] => ({
  entity,
  score,
  p: 0.1,
  modalities: { log, trace, metric },
});

describe('cause bars', () => {
  it('are relative to the longest and split by modality', () => {
    const [first, second] = causeBars([cause('a', 8), cause('b', 2)]);
    expect(first).toMatchObject({ rank: 1, width: 1 });
    expect(first?.parts.map((part) => [part.modality, part.width])).toEqual([
      ['log', 0.25],
      ['trace', 0.25],
      ['metric', 0.5],
    ]);
    expect(second?.width).toBe(0.25);
    expect(second?.parts.reduce((sum, part) => sum + part.width, 0)).toBeCloseTo(0.25, 12);
  });

  it('do not fill the scale when nothing leaves the usual', () => {
    expect(causeBars([cause('a', 0.4)])[0]?.width).toBeCloseTo(0.4, 12);
  });

  it('share a rank when nothing tells them apart', () => {
    expect(causeBars([cause('a', 3), cause('b', 2), cause('c', 2), cause('d', 1)]).map((bar) => bar.rank)).toEqual([1, 2, 2, 4]);
  });

  it('survive zeros, negatives, NaN and null', () => {
    const bars = causeBars([cause('a', NaN), cause('b', -2), { ...cause('c', 0, 0, 0, 0), p: null as unknown as number }]);
    expect(bars.map((bar) => bar.width)).toEqual([0, 0, 0]);
    expect(bars[2]?.parts).toEqual([]);
    expect(formatProbability(bars[2]?.p ?? 0)).toBe('–');
    expect(causeBars([])).toEqual([]);
  });
});

describe('diagnosis words', () => {
  it.each([
    [0.995, 'almost certain', '>0.99'],
    [0.97, 'very likely', '0.97'],
    [0.7, 'likely', '0.70'],
    [0.5, 'about as likely as not', '0.50'],
    [0.2, 'unlikely', '0.20'],
    [0.04, 'very unlikely', '0.04'],
    [0.004, 'almost excluded', '<0.01'],
    [1, 'almost certain', '1.00'],
    [NaN, 'not known', '–'],
  ])('say %d as “%s”, %s', (p, words, number) => {
    expect([probabilityWords(p), formatProbability(p)]).toEqual([words, number]);
  });

  it('keep counts short', () => {
    expect([0, 7, 2.25, 987, 12_400, 3_100_000, NaN].map(formatCount)).toEqual(['0', '7', '2.3', '987', '12.4k', '3.1M', '–']);
    expect([pluralise(1, 'span'), pluralise(2, 'span'), formatPercent(0.934)]).toEqual(['1 span', '2 spans', '93 %']);
  });

  it('set names off as whole words, longest first', () => {
    const parts = splitSentence('ts-order-service-2, not ts-order-service, fails; **cart** too', ['ts-order', 'ts-order-service']);
    expect(parts.filter((part) => part.strong).map((part) => part.text)).toEqual(['ts-order-service', 'cart']);
    expect(parts.map((part) => part.text).join('')).toBe('ts-order-service-2, not ts-order-service, fails; cart too');
    expect(splitSentence('a.b (c', ['.b (', '(c'])).toHaveLength(2);
  });

  it('know where evidence stands', () => {
    const { evidence } = diagnosisFixture(10);
    expect(evidence.map(placeOf)[0]).toBeNull();
    expect(evidence.map(placeOf)[1]).toEqual({ path: '/telemetry/log/08_43_log.csv', line: 1042 });
    expect([fileName('/a/b.log'), fileName('C:\\a\\b.log'), fileName('b.log')]).toEqual(['b.log', 'b.log', 'b.log']);
    expect(orderEvidence(evidence, 'frontend')[0]?.entity).toBe('frontend');
    expect(orderEvidence(evidence, null)).toBe(evidence);
  });

  it('judge by the threshold, and leave out hopeless types', () => {
    const diagnosis = diagnosisFixture(10);
    expect([isAbnormal(diagnosis, 0.5), isAbnormal({ ...diagnosis, anomaly: NaN }, 0.5)]).toEqual([true, false]);
    expect(
      likelyTypes([
        { type: 'a', p: 0.001 },
        { type: 'b', p: 0.2 },
        { type: 'c', p: 0.7 },
      ]).map((type) => type.type),
    ).toEqual(['c', 'b']);
  });
});

const edge = (caller: string, callee: string, score = 0): { caller: string; callee: string; calls: number; score: number } => ({
  caller,
  callee,
  calls: 1,
  score,
});
const graphOf = (edges: readonly ReturnType<typeof edge>[]): Parameters<typeof layersOf>[0] => ({
  edges,
  nodes: [...new Set(edges.flatMap(({ caller, callee }) => [caller, callee]))].map((entity) => ({ entity, score: 0, spans: 1 })),
});

describe('service graph', () => {
  it('puts each service below its lowest caller', () => {
    const layers = layersOf(graphOf([edge('a', 'b'), edge('b', 'c'), edge('a', 'c'), edge('d', 'c')]));
    expect(Object.fromEntries(layers)).toEqual({ a: 0, b: 1, c: 2, d: 0 });
  });

  it('ends on cycles, calls to itself and deep chains', () => {
    expect(Object.fromEntries(layersOf(graphOf([edge('a', 'b'), edge('b', 'c'), edge('c', 'b'), edge('c', 'c')])))).toEqual({
      a: 0,
      b: 1,
      c: 2,
    });
    expect(Object.fromEntries(layersOf(graphOf([edge('x', 'y'), edge('y', 'x')])))).toEqual({ x: 0, y: 1 });
    const chain = Array.from({ length: 20_000 }, (_, index) => edge(`s${index}`, `s${index + 1}`));
    expect(layersOf(graphOf(chain)).get('s20000')).toBe(20_000);
  });

  it('follows the way with most deviation from a root caller to the cause', () => {
    const graph = graphOf([
      edge('root', 'calm'),
      edge('calm', 'cause'),
      edge('root', 'hot', 5),
      edge('hot', 'cause', 5),
      edge('cause', 'db', 2),
    ]);
    expect([...abnormalPath(graph, 'cause')].sort()).toEqual(
      [edge('root', 'hot'), edge('hot', 'cause'), edge('cause', 'db')].map(edgeKey).sort(),
    );
    expect(abnormalPath(graph, 'nobody').size).toBe(0);
    expect(abnormalPath(graph, null).size).toBe(0);
    expect(abnormalPath(graphOf([edge('x', 'y'), edge('y', 'x')]), 'x').size).toBe(0);
  });

  it('shows the neighbourhood of the causes of a large system', () => {
    const { graph, rootCauses } = diagnosisFixture(46);
    const causes = rootCauses.slice(0, 3).map((entry) => entry.entity);
    const part = neighbourhood(graph, causes, 14);
    const shown = new Set(part.nodes.map((node) => node.entity));
    expect(causes.every((entity) => shown.has(entity))).toBe(true);
    expect(part.nodes.length).toBeLessThanOrEqual(14);
    expect(part.edges.every((item) => shown.has(item.caller) && shown.has(item.callee))).toBe(true);
    expect(abnormalPath(part, causes[0] ?? '').size).toBeGreaterThan(0);
  });

  it.each([
    [10, 600],
    [46, 600],
    [46, 400],
    [46, 100],
  ] as const)('lays %d services out in %d pixels without overlapping names', (entities, width) => {
    const { graph } = diagnosisFixture(entities);
    const { boxes, height } = layoutGraph(graph, width, (entity) => entity.length * 6.4 + 18);
    expect(boxes).toHaveLength(entities);
    boxes.forEach((box, index) => {
      expect(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height).toBe(true);
      expect(boxes.slice(index + 1).filter((other) => overlaps(box, other))).toEqual([]);
    });
    const callee = boxes.find((box) => box.entity === graph.edges[0]?.callee);
    const caller = boxes.find((box) => box.entity === graph.edges[0]?.caller);
    expect(caller !== undefined && callee !== undefined && caller.y < callee.y).toBe(true);
  });

  it('draws calls back up beside the boxes', () => {
    const box = { entity: '', score: 0, x: 0, y: 50, width: 20, height: 10 };
    expect(edgePath(box, { ...box, y: 0 })).toBe('M20,55C30,55 30,5 20,5');
    expect(edgePath(box, { ...box, y: 100 })).toBe('M10,60C10,80 10,80 10,100');
    expect(layoutGraph({ nodes: [], edges: [] }, 600, () => 10).boxes).toEqual([]);
  });
});
