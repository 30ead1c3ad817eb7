import { svgElement } from './dom.js';
import { shapePath, type StateStyle } from './stateStyle.js';

/** The state's mark for legends and lists; hidden from screen readers because the name stands beside it. */
export function stateGlyph(style: StateStyle): SVGSVGElement {
  const svg = svgElement('svg', { width: 14, height: 14, viewBox: '-7 -7 14 14', 'aria-hidden': 'true', class: 'rs-glyph' });
  const path = svgElement('path', { d: shapePath(style.shape, 4.6) });
  path.style.setProperty('fill', style.hollow ? 'none' : style.colour);
  path.style.setProperty('stroke', style.colour);
  path.style.setProperty('stroke-width', style.hollow ? '1.6' : '0.5');
  svg.append(path);
  return svg;
}
