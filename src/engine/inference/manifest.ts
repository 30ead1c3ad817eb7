/** models/encoder/manifest.json: which files the encoders are, their hashes and dimensions. Written by models/pretraining. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { FAMILY_COUNT } from '../../core/features/families.js';
import { TEXT_VECTOR_DIM, TOKEN_NUMBER_COUNT } from '../../core/tokens/sliceTensors.js';
import { EngineError } from '../../protocol/engineError.js';
import type { ProviderName } from '../../protocol/views.js';

export interface ModelFile {
  readonly file: string;
  readonly sha256: string;
}

export interface TextManifest extends ModelFile {
  readonly name: string;
  readonly tokenizer: string;
  readonly tokenizerSha256: string;
  readonly dim: number;
  readonly maxTokens: number;
  readonly reference: ModelFile & { readonly minCosine: number };
}

export interface SliceManifest {
  readonly name: string;
  readonly files: { readonly fp32: ModelFile; readonly fp16?: ModelFile; readonly int8: ModelFile };
  readonly dim: number;
  readonly numbers: number;
  readonly families: number;
  readonly reference: ModelFile & {
    /** Largest absolute difference from the reference embeddings that each provider may show. */
    readonly tolerance: Readonly<Record<ProviderName, number>>;
    readonly minCosineInt8: number;
  };
  readonly trainingCommit: string;
}

export interface EncoderManifest {
  readonly folder: string;
  /** The graph that trains heads; the encoders work without it. */
  readonly headStep?: ModelFile;
  /** The graph that trains adapters of the slice encoder, likewise. */
  readonly adapterStep?: ModelFile;
  readonly text: TextManifest;
  readonly slice: SliceManifest;
}

const MANIFEST_VERSION = 1;
const NEXT_STEP = 'install RuntimeSlicer again';

/** @throws EngineError `model`: missing, not JSON, another version, or made for other token numbers than this build writes. */
export function readManifest(folder: string): EncoderManifest {
  const file = path.join(folder, 'manifest.json');
  let parsed: { version?: number; text?: TextManifest; slice?: SliceManifest; headStep?: ModelFile; adapterStep?: ModelFile };
  try {
    parsed = JSON.parse(fs.readFileSync(file, 'utf8')) as typeof parsed;
  } catch (error) {
    throw new EngineError('model', `${file} is missing or not JSON; ${NEXT_STEP}`, { cause: error });
  }
  const { version, text, slice, headStep, adapterStep } = parsed;
  if (version !== MANIFEST_VERSION || text === undefined || slice === undefined) {
    throw new EngineError(
      'model',
      `${file} has version ${version ?? 'none'}, expected ${MANIFEST_VERSION} with both encoders; ${NEXT_STEP}`,
    );
  }
  for (const [what, found, expected] of [
    ['text vectors', text.dim, TEXT_VECTOR_DIM],
    ['numbers per token', slice.numbers, TOKEN_NUMBER_COUNT],
    ['feature families', slice.families, FAMILY_COUNT],
  ] as const) {
    if (found !== expected) {
      throw new EngineError('model', `the encoder in ${folder} has ${found} ${what}, this build writes ${expected}; ${NEXT_STEP}`);
    }
  }
  return { folder, text, slice, ...(headStep !== undefined && { headStep }), ...(adapterStep !== undefined && { adapterStep }) };
}

/** The content of a model file, checked against its hash. @throws EngineError `model` with both hashes when it differs or is missing. */
export function readModelFile(folder: string, { file, sha256 }: ModelFile): Buffer {
  const full = path.join(folder, file);
  let content: Buffer;
  try {
    content = fs.readFileSync(full);
  } catch (error) {
    throw new EngineError('model', `model file ${full} is missing or cannot be read; ${NEXT_STEP}`, { cause: error });
  }
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) {
    throw new EngineError(
      'model',
      `model file ${full} is damaged: ${content.length} bytes with sha256 ${found.slice(0, 12)}…, the manifest says ${sha256.slice(0, 12)}…; ${NEXT_STEP}`,
    );
  }
  return content;
}
