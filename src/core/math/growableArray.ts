/** Typed arrays that grow by doubling: columns whose length is not known while files are read. */
import { releaseMemory } from './releaseMemory.js';

type Growable = Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array | BigInt64Array;

export class GrowableArray<A extends Growable> {
  private array: A;
  private count = 0;
  private readonly allocate: (length: number) => A;
  private readonly initialCapacity: number;

  constructor(allocate: (length: number) => A, initialCapacity = 1024) {
    this.allocate = allocate;
    this.initialCapacity = initialCapacity;
    this.array = allocate(initialCapacity);
  }

  get length(): number {
    return this.count;
  }

  push(value: A[number]): void {
    if (this.count === this.array.length) {
      this.reserve(this.count * 2);
    }
    this.array[this.count++] = value;
  }

  /** Adds to the number at `index`, which must already be there; for number columns only. */
  addAt(index: number, value: number): void {
    (this.array as Float64Array)[index] = ((this.array as Float64Array)[index] ?? 0) + value;
  }

  /** Number at `index`; for number columns only. */
  at(index: number): number {
    return (this.array as Float64Array)[index] ?? 0;
  }

  set(index: number, value: A[number]): void {
    this.array[index] = value;
  }

  /** Exactly sized view of the values so far, valid until the next push or `clear`. */
  view(): A {
    return this.array.subarray(0, this.count) as A;
  }

  /** Forgets the values and gives their memory back. */
  clear(): void {
    this.count = 0;
    releaseMemory(this.array);
    this.array = this.allocate(this.initialCapacity);
  }

  private reserve(capacity: number): void {
    const grown = this.allocate(Math.max(16, capacity));
    (grown as Float64Array).set(this.array as Float64Array);
    releaseMemory(this.array);
    this.array = grown;
  }
}

export const growF64 = (): GrowableArray<Float64Array> => new GrowableArray((n) => new Float64Array(n));
export const growF32 = (): GrowableArray<Float32Array> => new GrowableArray((n) => new Float32Array(n));
export const growU32 = (): GrowableArray<Uint32Array> => new GrowableArray((n) => new Uint32Array(n));
export const growI32 = (): GrowableArray<Int32Array> => new GrowableArray((n) => new Int32Array(n));
export const growU8 = (): GrowableArray<Uint8Array> => new GrowableArray((n) => new Uint8Array(n));
export const growI64 = (): GrowableArray<BigInt64Array> => new GrowableArray((n) => new BigInt64Array(n));
