import { releaseMemory } from './releaseMemory.js';

/**
 * Dense index of pairs (a, b) of unsigned 32-bit integers: open addressing, linear probing, at most 60 % full.
 * A `Map` keyed by a combined number costs about three times as much here, and aggregation does some ten look-ups per record.
 */
export class PairIndex {
  private slots: Int32Array;
  private firsts: Uint32Array;
  private seconds: Uint32Array;
  private count = 0;

  constructor(initialCapacity = 1024) {
    this.slots = new Int32Array(initialCapacity * 2).fill(-1);
    this.firsts = new Uint32Array(initialCapacity);
    this.seconds = new Uint32Array(initialCapacity);
  }

  get size(): number {
    return this.count;
  }

  /** Index of the pair, a new one (equal to the former `size`) when it was not there. */
  indexOf(first: number, second: number): number {
    const mask = this.slots.length - 1;
    let slot = mix(first, second) & mask;
    for (;;) {
      const index = this.slots[slot] ?? -1;
      if (index < 0) {
        return this.insert(slot, first, second);
      }
      if (this.firsts[index] === first && this.seconds[index] === second) {
        return index;
      }
      slot = (slot + 1) & mask;
    }
  }

  first(index: number): number {
    return this.firsts[index] ?? 0;
  }

  second(index: number): number {
    return this.seconds[index] ?? 0;
  }

  /** Gives the memory back; the index must not be used afterwards. */
  release(): void {
    for (const array of [this.slots, this.firsts, this.seconds]) {
      releaseMemory(array);
    }
  }

  private insert(slot: number, first: number, second: number): number {
    const index = this.count++;
    if (index === this.firsts.length) {
      this.firsts = grow(this.firsts);
      this.seconds = grow(this.seconds);
    }
    this.firsts[index] = first;
    this.seconds[index] = second;
    this.slots[slot] = index;
    if (this.count * 10 > this.slots.length * 6) {
      this.rehash();
    }
    return index;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let index = 0; index < this.count; index++) {
      let slot = mix(this.first(index), this.second(index)) & mask;
      while ((slots[slot] ?? -1) >= 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = index;
    }
    releaseMemory(this.slots);
    this.slots = slots;
  }
}

function grow(array: Uint32Array): Uint32Array {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  releaseMemory(array);
  return grown;
}

/** Murmur3 finaliser over both halves; spreads consecutive bins of one key over the table. */
function mix(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
