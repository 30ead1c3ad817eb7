/** Where the map stands on the screen: `screenX = offsetX + x * scale`, `screenY = offsetY - y * scale`. */
export interface MapTransform {
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** Free space around the points, for their names. */
const MARGIN = 46;

/** Shows all finite points. One point, or none, is shown in the middle. */
export function fitTransform(x: Float64Array, y: Float64Array, width: number, height: number): MapTransform {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let index = 0; index < x.length; index++) {
    const px = x[index] ?? NaN;
    const py = y[index] ?? NaN;
    if (Number.isFinite(px) && Number.isFinite(py)) {
      minX = Math.min(minX, px);
      maxX = Math.max(maxX, px);
      minY = Math.min(minY, py);
      maxY = Math.max(maxY, py);
    }
  }
  if (minX > maxX) {
    [minX, maxX, minY, maxY] = [-1, 1, -1, 1];
  }
  // A tenth of the usual extent of 2 at least: a single point would divide by zero, and two close ones would fill the screen.
  const spanX = Math.max(0.2, maxX - minX);
  const spanY = Math.max(0.2, maxY - minY);
  const scale = Math.max(1, Math.min(Math.max(1, width - 2 * MARGIN) / spanX, Math.max(1, height - 2 * MARGIN) / spanY));
  return {
    scale,
    offsetX: width / 2 - ((minX + maxX) / 2) * scale,
    offsetY: height / 2 + ((minY + maxY) / 2) * scale,
  };
}

export function toScreen(transform: MapTransform, x: number, y: number): readonly [number, number] {
  return [transform.offsetX + x * transform.scale, transform.offsetY - y * transform.scale];
}

export function toData(transform: MapTransform, screenX: number, screenY: number): readonly [number, number] {
  return [(screenX - transform.offsetX) / transform.scale, (transform.offsetY - screenY) / transform.scale];
}

/** Scales by `factor`, keeping the place under the pointer. */
export function zoomTransform(transform: MapTransform, factor: number, screenX: number, screenY: number): MapTransform {
  const scale = Math.max(1, Math.min(1e6, transform.scale * factor));
  const ratio = scale / transform.scale;
  return {
    scale,
    offsetX: screenX - (screenX - transform.offsetX) * ratio,
    offsetY: screenY - (screenY - transform.offsetY) * ratio,
  };
}

export function panTransform(transform: MapTransform, byX: number, byY: number): MapTransform {
  return { ...transform, offsetX: transform.offsetX + byX, offsetY: transform.offsetY + byY };
}
