import * as d3 from 'd3';
import type { LossCurve } from '../../src/protocol/panelRpc.js';
import { element, svgElement } from '../shared/dom.js';
import { headName, lossText } from './model.js';

const HEIGHT = 170;
const MARGIN = { top: 8, right: 12, bottom: 34, left: 46 };
/** Heads differ by the dashes of their lines as well as by their hue. */
const DASHES = ['', '6 3', '2 3'] as const;

/** Mean loss by training step, one line for each head; grows while training goes on. The legend says in words what the lines show. */
export function lossChart(curves: readonly LossCurve[], width: number): HTMLElement {
  const svg = svgElement('svg', { class: 'loss', width, height: HEIGHT, role: 'img' });
  svg.setAttribute('aria-label', `Mean loss by training step. ${curves.map(lossText).join(' ')}`);
  const steps = Math.max(2, ...curves.map(({ losses }) => losses.length));
  const highest = Math.max(...curves.flatMap(({ losses }) => losses.filter(Number.isFinite)), 1e-6);
  const x = d3.scaleLinear([1, steps], [MARGIN.left, Math.max(MARGIN.left + 40, width - MARGIN.right)]);
  const y = d3.scaleLinear([0, highest], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
  const root = d3.select(svg);
  const [left, right] = x.range() as [number, number];
  const tick = root
    .append('g')
    .selectAll('g')
    .data(y.ticks(4))
    .join('g')
    .attr('class', 'tick')
    .attr('transform', (value) => `translate(0,${y(value)})`);
  tick.append('line').attr('x1', left).attr('x2', right);
  tick
    .append('text')
    .attr('x', left - 6)
    .attr('y', 4)
    .attr('text-anchor', 'end')
    .text(y.tickFormat(4));
  root
    .append('g')
    .selectAll('text')
    .data(x.ticks(Math.min(6, steps - 1)).filter(Number.isInteger))
    .join('text')
    .attr('x', (value) => x(value))
    .attr('y', HEIGHT - MARGIN.bottom + 14)
    .attr('text-anchor', 'middle')
    .text((value) => value);
  root
    .append('text')
    .attr('class', 'axis-name')
    .attr('x', right)
    .attr('y', HEIGHT - 4)
    .attr('text-anchor', 'end')
    .text('training step');
  root
    .append('text')
    .attr('class', 'axis-name')
    .attr('transform', `translate(10,${(MARGIN.top + HEIGHT - MARGIN.bottom) / 2}) rotate(-90)`)
    .attr('text-anchor', 'middle')
    .text('mean loss');
  const line = d3
    .line<number>()
    .defined(Number.isFinite)
    .x((_, index) => x(index + 1))
    .y((loss) => y(loss));
  curves.forEach((curve, index) => {
    root
      .append('path')
      .attr('class', `curve hue${index % 3}`)
      .attr('stroke-dasharray', DASHES[index % 3] ?? '')
      .attr('d', line(curve.losses) ?? '');
  });
  return element('figure', { class: 'loss-frame' }, [svg, legend(curves)]);
}

function legend(curves: readonly LossCurve[]): HTMLElement {
  return element(
    'figcaption',
    {},
    curves.map((curve, index) => {
      const sample = svgElement('svg', { class: 'loss', width: 26, height: 10, 'aria-hidden': 'true' });
      const stroke = svgElement('path', { class: `curve hue${index % 3}`, d: 'M1,5h24', 'stroke-dasharray': DASHES[index % 3] ?? '' });
      sample.append(stroke);
      const last = curve.losses.at(-1);
      return element('span', {}, [sample, ` ${headName(curve.head)}`, last === undefined ? null : ` ${last.toFixed(2)}`]);
    }),
  );
}
