/**
 * Gives the memory of an array back at once, where the garbage collector, which does not see how large arrays are, would take its time.
 * The array and every view of its buffer have length 0 afterwards.
 */
export function releaseMemory(array: ArrayBufferView): void {
  if (array.buffer instanceof ArrayBuffer) {
    array.buffer.transfer(0);
  }
}
