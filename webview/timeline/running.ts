import * as d3 from 'd3';
import type { PanelState } from '../../src/protocol/panelRpc.js';
import { element, svgElement } from '../shared/dom.js';
import { MODALITIES } from '../shared/modalities.js';
import { formatTime, zoneName } from '../shared/timeFormat.js';
import { drawDensity, drawTimeAxis } from './drawLanes.js';
import { layoutTimeline } from './layout.js';
import { relativeMs } from './model.js';
import { createTimeScale } from './scene.js';

/** Density lanes that fill while files are read; states and score, which come last, stand as named skeletons. */
export function runningChart(state: PanelState, width: number, height: number): HTMLElement {
  const frame = element('div', { class: 'chart-frame' });
  const layout = layoutTimeline(width, height);
  const svg = svgElement('svg', { class: 'chart', width, height: layout.height, role: 'img' });
  frame.append(svg);
  const root = d3.select(svg);
  const bones = [
    { lane: layout.ribbon, name: 'State', note: 'states appear when all files are read' },
    { lane: layout.score, name: 'Abnormal', note: '' },
  ];
  for (const { lane, name, note } of bones) {
    root
      .append('rect')
      .attr('class', 'bone')
      .attr('x', layout.plotX)
      .attr('y', lane.y)
      .attr('width', layout.plotWidth)
      .attr('height', lane.height);
    root
      .append('text')
      .attr('class', 'note')
      .attr('x', layout.plotX + 8)
      .attr('y', lane.y + Math.min(lane.height, 32) / 2 + 4)
      .text(note);
    if (!layout.compact) {
      root
        .append('text')
        .attr('class', 'lane-name')
        .attr('x', 8)
        .attr('y', lane.y + Math.min(lane.height, 32) / 2 + 4)
        .text(name);
    }
  }
  const partial = state.partial;
  if (partial === null) {
    svg.setAttribute('aria-label', 'No records read yet');
    return frame;
  }
  const bins = Math.max(1, ...MODALITIES.map((modality) => partial.density[modality].length));
  const window = { fromMs: 0, toMs: bins * partial.binMs };
  const scale = createTimeScale(window, layout);
  const scene = { layout, window, density: partial.density, model: { binMs: partial.binMs } };
  MODALITIES.forEach((modality, index) => {
    const lane = layout.density[index];
    if (lane !== undefined) {
      drawDensity(root.append('g').attr('class', 'density'), scene, modality, lane, scale, 'none read yet');
    }
  });
  const startMs = relativeMs(partial.startNs, 0n);
  drawTimeAxis(root.append('g').attr('class', 'axis'), layout, window, startMs, state.timeZone);
  const from = formatTime(startMs, state.timeZone);
  const to = formatTime(startMs + window.toMs, state.timeZone);
  svg.setAttribute('aria-label', `Records read so far, from ${from} to ${to} ${zoneName(startMs, state.timeZone)}`);
  return frame;
}
