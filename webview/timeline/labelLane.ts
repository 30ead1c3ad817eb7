/** Draws labels as bands in a lane of their own; a label is known by its index in the list given. */
import { labelText, NORMAL } from '../shared/labelText.js';
import { truncate } from '../shared/placeLabels.js';
import { LABEL_ROW } from './layout.js';
import { createTimeScale, visiblePixels, type Scene, type SvgGroup } from './scene.js';

const FONT_SIZE = 10;
/** Below this a text would be two letters and dots; the hover box says it whole. */
const MIN_TEXT_WIDTH = 40;

/** Failures are filled, `normal` is an outline: the two differ without their colours. */
export function drawLabels(group: SvgGroup, scene: Scene): void {
  const { layout, bands } = scene;
  const scale = createTimeScale(scene.window, layout);
  const visible = bands.flatMap((band, index) => {
    const box = visiblePixels(scale, layout, band);
    return box === undefined ? [] : [{ band, index, ...box, y: layout.labels.y + band.row * LABEL_ROW }];
  });
  const mark = group
    .selectAll('g.label')
    .data(visible)
    .join('g')
    .attr('class', ({ band }) => (band.label.type === NORMAL ? 'label normal' : 'label failure'))
    .attr('data-label', ({ index }) => index);
  mark
    .append('rect')
    .attr('x', ({ x }) => x + 0.5)
    .attr('y', ({ y }) => y + 0.5)
    .attr('width', ({ width }) => Math.max(1, width - 1))
    .attr('height', LABEL_ROW - 3)
    .attr('rx', 2);
  mark
    .filter(({ width }) => width > MIN_TEXT_WIDTH)
    .append('text')
    .attr('x', ({ x }) => x + 4)
    .attr('y', ({ y }) => y + LABEL_ROW - 5)
    .text(({ band, width }) => truncate(labelText(band.label), Math.floor((width - 8) / (FONT_SIZE * 0.56))));
}

/** The label at a place of the chart, null when there is none. */
export function findLabelAt({ layout, window, bands }: Pick<Scene, 'layout' | 'window' | 'bands'>, x: number, y: number): number | null {
  const lane = layout.labels;
  if (y < lane.y || y >= lane.y + lane.height) {
    return null;
  }
  const row = Math.floor((y - lane.y) / LABEL_ROW);
  const scale = createTimeScale(window, layout);
  const at = bands.findLastIndex((band) => {
    const box = band.row === row ? visiblePixels(scale, layout, band) : undefined;
    return box !== undefined && x >= box.x && x <= box.x + box.width;
  });
  return at === -1 ? null : at;
}
