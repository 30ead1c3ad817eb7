/** Texts → word-piece ids, as the text encoder reads them. Needs no ONNX Runtime. */
import { Tokenizer } from '@huggingface/tokenizers';
import { readModelFile, type EncoderManifest } from './manifest.js';

/** @throws EngineError `model` when the tokenizer's file is missing or damaged */
export function createTokenizer({ folder, text }: Pick<EncoderManifest, 'folder' | 'text'>): (value: string) => number[] {
  const file = { file: text.tokenizer, sha256: text.tokenizerSha256 };
  const tokenizer = new Tokenizer(JSON.parse(readModelFile(folder, file).toString('utf8')) as object, {});
  return (value) => cut(tokenizer.encode(value).ids, text.maxTokens);
}

/** The first `limit - 1` ids and the last one, which closes the text. */
function cut(ids: number[], limit: number): number[] {
  const last = ids.at(-1);
  return ids.length <= limit || last === undefined ? ids : [...ids.slice(0, limit - 1), last];
}
