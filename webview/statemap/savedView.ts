import type { MapTransform } from './transform.js';

/** State of the view that survives a reload of the window. */
export interface SavedView {
  readonly run: string;
  readonly transform: MapTransform | null;
  readonly hidden: readonly string[];
}

/** @returns undefined when it is not what a map saved. */
export function asSavedView(value: unknown): SavedView | undefined {
  if (typeof value !== 'object' || value === null || !('run' in value) || typeof value.run !== 'string') {
    return undefined;
  }
  const hidden = 'hidden' in value && Array.isArray(value.hidden) ? value.hidden.filter((id) => typeof id === 'string') : [];
  return { run: value.run, hidden, transform: 'transform' in value ? asTransform(value.transform) : null };
}

function asTransform(value: unknown): MapTransform | null {
  if (typeof value !== 'object' || value === null || !('scale' in value) || !('offsetX' in value) || !('offsetY' in value)) {
    return null;
  }
  const { scale, offsetX, offsetY } = value;
  return typeof scale === 'number' && typeof offsetX === 'number' && typeof offsetY === 'number' ? { scale, offsetX, offsetY } : null;
}
