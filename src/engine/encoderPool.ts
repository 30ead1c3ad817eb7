import type { ProviderChoice } from '../protocol/views.js';
import type { SliceEncoder, TextEncoder } from './inference/encoders.js';
import type { EngineModules } from './modules.js';

/** Keeps the encoders loaded between runs: one text encoder, and one slice encoder, of the provider asked for last. */
export class EncoderPool {
  private readonly modules: EngineModules;
  private textEncoder: Promise<TextEncoder> | undefined;
  private slice: { readonly choice: ProviderChoice; readonly encoder: Promise<SliceEncoder> } | undefined;

  constructor(modules: EngineModules) {
    this.modules = modules;
  }

  /** A failed load is tried again with the next call. Not to be called while an encoder of another provider is in use. */
  async get(choice: ProviderChoice): Promise<{ readonly textEncoder: TextEncoder; readonly sliceEncoder: SliceEncoder }> {
    if (this.slice?.choice !== choice) {
      await this.disposeSliceEncoder();
    }
    this.textEncoder ??= this.modules.createTextEncoder();
    this.slice ??= { choice, encoder: this.modules.createSliceEncoder({ choice }) };
    const [text, slice] = await Promise.allSettled([this.textEncoder, this.slice.encoder]);
    if (text.status === 'rejected') {
      this.textEncoder = undefined;
      throw text.reason;
    }
    if (slice.status === 'rejected') {
      this.slice = undefined;
      throw slice.reason;
    }
    return { textEncoder: text.value, sliceEncoder: slice.value };
  }

  async dispose(): Promise<void> {
    this.textEncoder = undefined;
    await this.disposeSliceEncoder();
  }

  private async disposeSliceEncoder(): Promise<void> {
    const slice = this.slice;
    this.slice = undefined;
    if (slice !== undefined) {
      const [loaded] = await Promise.allSettled([slice.encoder]);
      if (loaded.status === 'fulfilled') {
        await loaded.value.dispose();
      }
    }
  }
}
