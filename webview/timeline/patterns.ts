import * as d3 from 'd3';
import type { StateStyle } from '../shared/stateStyle.js';

/** Hatchings for abnormal states and dots for the usual range, so that neither rests on colour. */
export function definePatterns(svg: SVGSVGElement, states: readonly StateStyle[]): void {
  const root = d3.select(svg);
  root.select('defs').remove();
  const defs = root.insert('defs', ':first-child');
  const hatch = defs
    .selectAll('pattern')
    .data(states.map((state, index) => ({ state, index })).filter(({ state }) => state.abnormal))
    .join('pattern')
    .attr('id', ({ index }) => `hatch-${index}`)
    .attr('width', 6)
    .attr('height', 6)
    .attr('patternUnits', 'userSpaceOnUse')
    .attr('patternTransform', ({ state }) => `rotate(${state.hatchAngle})`);
  hatch
    .append('line')
    .attr('x1', 0)
    .attr('x2', 0)
    .attr('y1', 0)
    .attr('y2', 6)
    .attr('stroke-width', 2)
    .style('stroke', ({ state }) => state.colour);
  const dots = defs.append('pattern').attr('id', 'dots').attr('width', 5).attr('height', 5).attr('patternUnits', 'userSpaceOnUse');
  dots.append('circle').attr('class', 'dot').attr('cx', 2.5).attr('cy', 2.5).attr('r', 1.1);
}
